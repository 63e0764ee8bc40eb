// Files in: chosen, dropped anywhere on the page, or recorded; each is sent in turn and becomes a job. Tells "accepted".

import { Unreachable, anotherKey, send } from "./api.js";
import { button, el, tell } from "./dom.js";
import { icon } from "./icons.js";
import { hold, release } from "./leaving.js";
import "./options.js";
import "./recorder.js";

// Why a file waits although it was sent: refusals that pass, which all name a time.
const BUSY = { queue_full: "waits, the queue is full", too_many_pending: "waits, too many are in work" };
const LONGEST = 60; // s between two tries
const LOST = 3; // times that a file may meet no server; what is more has another cause, such as a proxy that wants none so large

class UploadArea extends HTMLElement {
    connectedCallback() {
        this.waiting = [];
        const input = el("input", {
            type: "file",
            id: "files",
            hidden: true,
            multiple: true,
            accept: "audio/*,video/*,.mka,.caf,.amr",
        });
        input.addEventListener("change", () => {
            this.take([...input.files]);
            input.value = "";
        });
        this.options = document.createElement("options-form");
        this.list = el("ul", { class: "uploads", "aria-label": "Files on their way" });
        const canDrop = matchMedia("(hover: hover)").matches;
        const choose = button({ class: "primary", onclick: () => input.click() }, icon("upload"), "Choose files");
        this.replaceChildren(
            el(
                "div",
                { class: "drop" },
                el("h1", { tabindex: -1 }, "Who said what, when"),
                el(
                    "p",
                    { class: "lead" },
                    `${canDrop ? "Drop recordings here" : "Send recordings"}, audio or video. They stay on this server.`,
                ),
                el("div", { class: "actions" }, choose, document.createElement("mic-recorder")),
                input,
            ),
            this.options,
            this.list,
        );
        this.addEventListener("recorded", (event) => this.take(event.detail.files));
        this.dropAnywhere();
    }

    disconnectedCallback() {
        this.stopDrops?.abort();
    }

    dropAnywhere() {
        this.stopDrops = new AbortController();
        const { signal } = this.stopDrops;
        const over = (event) => {
            if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
            event.preventDefault();
            document.body.classList.toggle("dropping", event.type !== "drop");
            if (event.type !== "drop") return;
            tell(this, "dropped");
            this.take([...event.dataTransfer.files]);
        };
        window.addEventListener("dragover", over, { signal });
        window.addEventListener("drop", over, { signal });
        const left = (event) => event.relatedTarget || document.body.classList.remove("dropping");
        window.addEventListener("dragleave", left, { signal });
    }

    /** Sent one after another: they would only slow each other down. */
    take(files) {
        for (const file of files) {
            const row = document.createElement("upload-row");
            row.prepare(file, this.options.fields());
            this.list.append(row);
            this.waiting.push(row);
        }
        if (!this.sending) this.sendAll();
    }

    async sendAll() {
        this.sending = true;
        hold(this);
        const alone = this.waiting.length === 1;
        while (this.waiting.length) {
            const job = await this.waiting.shift().send();
            if (job) tell(this, "accepted", { job, alone: alone && !this.waiting.length });
        }
        this.sending = false;
        release(this);
    }
}

class UploadRow extends HTMLElement {
    prepare(file, fields) {
        Object.assign(this, { file, fields, abort: new AbortController(), lost: 0 });
        this.setAttribute("role", "listitem");
        this.bar = el("progress", { max: 1, value: 0, "aria-label": `Sending ${file.name}` });
        this.state = el("span", { class: "faint" }, "waits");
        this.stop = button(
            { class: "quiet icon-only", "aria-label": `Do not send ${file.name}`, onclick: () => this.leave() },
            icon("close"),
        );
        this.append(el("span", { class: "name" }, file.name), this.bar, this.state, this.stop);
    }

    /** The job; nothing if it was refused, which the row then says, or taken back. */
    async send() {
        if (this.abort.signal.aborted) return null;
        const form = new FormData();
        for (const [name, value] of this.fields) form.append(name, value);
        form.append("metadata", JSON.stringify({ title: this.file.name.slice(0, 200) }));
        form.append("audio", this.file);
        try {
            const job = await send(form, (part) => this.show(part), this.abort.signal);
            this.remove();
            return job;
        } catch (error) {
            if (await this.mayAgain(error)) return this.send();
            if (error.name !== "AbortError") this.refused(error);
            return null;
        }
    }

    /** With another key, once the server is back, or once there is room for it. */
    async mayAgain(error) {
        const { signal } = this.abort;
        if (error instanceof Unreachable) {
            this.lost += 1;
            if (this.lost > LOST) return false;
            this.wait("waits, the server does not answer", error);
            await reachable(signal);
            return true;
        }
        if (!error.retryAfter || error.code === "model_unavailable") return anotherKey(error);
        this.wait(BUSY[error.code] ?? "waits, the server is busy", error);
        await pause(Math.min(error.retryAfter, LONGEST), signal);
        return true;
    }

    wait(why, { message }) {
        this.bar.value = 0;
        this.state.textContent = why;
        this.state.title = message;
    }

    show(part) {
        this.bar.value = part;
        this.state.textContent = part < 1 ? `${Math.round(100 * part)} % sent` : "is being read";
    }

    refused(error) {
        this.bar.remove();
        this.classList.add("bad");
        this.state.className = "fault";
        this.state.setAttribute("role", "alert");
        this.state.textContent = error.message;
        const again = button({ class: "secondary", onclick: () => this.again() }, "Try again");
        this.stop.before(again);
        this.stop.setAttribute("aria-label", "Close");
    }

    again() {
        const area = this.closest("upload-area");
        area.take([this.file]);
        this.remove();
    }

    leave() {
        this.abort.abort();
        this.remove();
    }
}

/** seconds: until it resolves; at once where `signal` stops it. */
function pause(seconds, signal) {
    return new Promise((resolve) => {
        const timer = setTimeout(resolve, 1000 * seconds);
        const stop = () => {
            clearTimeout(timer);
            resolve();
        };
        signal.addEventListener("abort", stop, { once: true });
    });
}

/** Resolves once the server is back, or where `signal` stops it. */
function reachable(signal) {
    return new Promise((resolve) => {
        window.addEventListener("reachable", resolve, { once: true, signal });
        signal.addEventListener("abort", resolve, { once: true });
    });
}

customElements.define("upload-row", UploadRow);
customElements.define("upload-area", UploadArea);
