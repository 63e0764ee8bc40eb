// Who speaks: names to put right, how much each talks and cuts in, and how many there are.

import { spoken } from "./clock.js";
import { button, el } from "./dom.js";
import { icon } from "./icons.js";

const VOICES = 8;
const WIDE = "(min-width: 941px)"; // as in talk.css: there it is beside the transcript, else folded above it

class SpeakerPanel extends HTMLElement {
    start(talk, edits) {
        Object.assign(this, { talk, edits });
        this.list = el("ul", { class: "speakers" });
        this.heading = el("summary", {});
        this.folded = el("details", {}, this.heading, el("div", { class: "inside" }, this.list, this.counting()));
        this.replaceChildren(el("h2", {}, "Who speaks"), this.folded);
        this.wide = matchMedia(WIDE);
        this.folding = new AbortController();
        const fold = () => (this.folded.open = this.wide.matches);
        this.wide.addEventListener("change", fold, { signal: this.folding.signal });
        fold();
        talk.addEventListener("changed", () => this.show());
        talk.addEventListener("busy", () => this.toggleAttribute("busy", talk.busy));
        this.show();
    }

    disconnectedCallback() {
        this.folding?.abort();
    }

    show() {
        this.heading.textContent = `Who speaks (${this.talk.speakers.length})`;
        const focused = this.querySelector(":focus")?.dataset.focus;
        this.list.replaceChildren(...this.talk.figures.map((figures, voice) => this.row(figures, voice)));
        this.count.value = this.talk.speakers.length || 1;
        if (focused) this.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
    }

    row(figures, voice) {
        const { speaker } = figures;
        const row = el("li", { "data-voice": voice % VOICES });
        const tool = (name, label, title, attributes) =>
            button({ class: "quiet icon-only", "aria-label": label, title, ...attributes }, icon(name));
        const rename = tool("pencil", `Rename ${speaker}`, "Rename", {
            "data-focus": `rename-${voice}`,
            onclick: () => this.rename(row, speaker, voice),
        });
        const merge = tool("merge", `${speaker} is somebody else here`, "Same person as …", {
            onclick: () => this.edits.askMerge(speaker),
        });
        merge.hidden = this.talk.speakers.length < 2;
        const share = el("span", { class: "share", "aria-hidden": "true" }, el("span"));
        share.firstChild.style.width = `${100 * figures.share}%`;
        const name = el("span", { class: "text", dir: "auto" }, speaker);
        row.append(
            el("div", { class: "name" }, el("span", { class: "dot" }), name, rename, merge),
            share,
            el("p", { class: "figures" }, ...lines(figures)),
        );
        return row;
    }

    rename(row, speaker, voice) {
        const field = el("input", {
            value: speaker,
            "aria-label": `Name of ${speaker}`,
            maxlength: 100,
            autocomplete: "off",
        });
        const form = el("form", { class: "rename" }, field, button({ type: "submit", class: "primary" }, "Save"));
        const back = () => {
            this.show();
            this.querySelector(`[data-focus="rename-${voice}"]`)?.focus();
        };
        form.addEventListener("submit", async (event) => {
            event.preventDefault();
            if (await this.edits.rename(speaker, field.value.trim())) back();
        });
        form.addEventListener("keydown", (event) => event.key === "Escape" && back());
        row.querySelector(".name").replaceWith(form);
        field.select();
    }

    counting() {
        this.count = el("input", { type: "number", id: "people-count", min: 1, max: 50, required: true });
        const again = button({ type: "submit", class: "secondary" }, "Tell apart anew");
        const found = button({ class: "quiet", onclick: () => this.edits.recluster(null) }, "Find out");
        const form = el(
            "form",
            { class: "counting" },
            el("label", { for: "people-count" }, "How many people speak?"),
            el("div", { class: "actions" }, this.count, again, found),
            el("p", { class: "faint busy-note", role: "status" }),
        );
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            this.edits.recluster(Number(this.count.value));
        });
        this.talk.addEventListener(
            "busy",
            () => (form.lastElementChild.textContent = this.talk.busy ? "One moment …" : ""),
        );
        return form;
    }
}

/** How much somebody talks, and who cuts in. */
function lines(figures) {
    const times = (count) => ["never", "once", "twice"][count] ?? `${count} times`;
    const cut = [
        figures.interrupts && `, cuts in ${times(figures.interrupts)}`,
        figures.interrupted && `, is cut in on ${times(figures.interrupted)}`,
    ].filter(Boolean);
    const turns = `${figures.turns} ${figures.turns === 1 ? "turn" : "turns"}`;
    const said = [
        el("span", {}, `${spoken(figures.seconds)} · ${Math.round(100 * figures.share)} %`),
        el("span", {}, [turns, ...cut].join("")),
    ];
    if (figures.doubts)
        said.push(el("span", {}, `${figures.doubts} doubtful ${figures.doubts === 1 ? "word" : "words"}`));
    return said;
}

customElements.define("speaker-panel", SpeakerPanel);
