// A recording from the microphone, as a file like any other. Tells "recorded" with it.

import { clock } from "./clock.js";
import { button, el, tell } from "./dom.js";
import { icon } from "./icons.js";
import { hold, release } from "./leaving.js";
import { warn } from "./notices.js";

const KINDS = { "audio/webm": "webm", "audio/mp4": "m4a", "audio/ogg": "ogg" };

const WHY = {
    NotAllowedError: "The browser does not let this page use the microphone.",
    NotFoundError: "No microphone was found.",
    NotReadableError: "Another program uses the microphone.",
};

class MicRecorder extends HTMLElement {
    connectedCallback() {
        this.showIdle();
    }

    disconnectedCallback() {
        this.discard();
    }

    showIdle() {
        const usable = Boolean(navigator.mediaDevices?.getUserMedia && window.MediaRecorder);
        const title = usable ? null : "Browsers let pages record only over https, or on this machine.";
        this.start = button({ class: "secondary", disabled: !usable, title, onclick: () => this.begin() });
        this.start.append(icon("microphone"), "Record");
        this.replaceChildren(this.start);
    }

    async begin() {
        this.start.disabled = true; // the browser may ask for leave meanwhile
        const kind = Object.keys(KINDS).find((one) => MediaRecorder.isTypeSupported(one));
        try {
            this.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
            this.recorder = new MediaRecorder(this.stream, kind ? { mimeType: kind } : {});
        } catch (error) {
            this.close();
            return warn(new Error(WHY[error.name] ?? "This browser cannot record here."));
        }
        this.parts = [];
        this.recorder.ondataavailable = (event) => this.parts.push(event.data);
        this.recorder.onstop = () => this.finish(kind);
        this.recorder.start(1000);
        hold(this);
        this.began = performance.now();
        this.showRunning();
    }

    showRunning() {
        this.time = el("span", { class: "time", role: "timer" }, "0:00");
        const stop = button({ class: "primary", onclick: () => this.recorder.stop() }, icon("stop"), "Finish");
        const drop = button({ class: "quiet", onclick: () => this.discard() }, "Discard");
        this.replaceChildren(
            el("span", { class: "recording" }, el("span", { class: "lamp" }), "Recording ", this.time),
            stop,
            drop,
        );
        stop.focus();
        this.ticker = setInterval(() => (this.time.textContent = clock((performance.now() - this.began) / 1000)), 250);
    }

    finish(kind) {
        const type = this.recorder.mimeType || kind || "audio/webm";
        const now = new Date();
        const when = `${now.toLocaleDateString("sv")} ${now.toLocaleTimeString("sv").replaceAll(":", ".").slice(0, 5)}`;
        const file = new File(this.parts, `Recording ${when}.${KINDS[type.split(";")[0]] ?? "webm"}`, { type });
        this.close();
        tell(this, "recorded", { files: [file] });
    }

    discard() {
        if (this.recorder) this.recorder.onstop = null;
        if (this.recorder?.state === "recording") this.recorder.stop();
        this.close();
    }

    /** The microphone's light goes out, too. */
    close() {
        clearInterval(this.ticker);
        release(this);
        this.stream?.getTracks().forEach((track) => track.stop());
        this.stream = this.recorder = null;
        this.showIdle();
    }
}

customElements.define("mic-recorder", MicRecorder);
