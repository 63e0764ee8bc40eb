// A job that waits or works: how far it is, and what is said in it as it becomes known. Tells "finished" with the job.

import { ask } from "./api.js";
import { clock } from "./clock.js";
import { button, el, tell } from "./dom.js";
import { follow } from "./events.js";
import { warn } from "./notices.js";
import { STAGES, said } from "./states.js";

class LiveJob extends HTMLElement {
    start(job) {
        this.voices = [];
        this.build();
        this.progress(job);
        this.stop = follow(job.id, {
            progress: (news) => this.progress(news),
            segments: (news) => this.add(news.segments),
            restart: () => this.clear(),
            end: (ended) => tell(this, "finished", { job: ended }),
            gone: () => tell(this, "finished", { job: null }),
        });
        this.cancelling = () => this.cancel(job.id);
    }

    disconnectedCallback() {
        this.stop?.();
    }

    build() {
        this.what = el("p", { class: "what", role: "status" });
        this.percent = el("span", { class: "percent", "aria-hidden": "true" });
        this.bar = el("progress", { max: 100, value: 0, "aria-label": "How far" });
        this.steps = el(
            "ol",
            { class: "steps" },
            ...Object.entries(STAGES).map(([stage, text]) => el("li", { "data-stage": stage }, text)),
        );
        this.cancelButton = button({ class: "secondary", onclick: () => this.cancelling() }, "Cancel");
        this.lines = el("ol", { class: "provisional", "aria-label": "What is said so far" });
        this.note = el("p", { class: "faint" }, "What is said appears here as it is understood.");
        this.replaceChildren(
            el(
                "div",
                { class: "card progress-card" },
                el("div", { class: "top" }, this.what, this.percent),
                this.bar,
                el("div", { class: "bottom" }, this.steps, this.cancelButton),
            ),
            this.note,
            this.lines,
        );
    }

    progress(job) {
        const line = said(job);
        if (this.what.textContent !== line) this.what.textContent = line; // else it would be read out each second
        this.percent.textContent = job.state === "running" ? `${Math.round(job.percent)} %` : "";
        if (job.state === "running") this.bar.value = job.percent;
        else this.bar.removeAttribute("value");
        const names = Object.keys(STAGES);
        const now = names.indexOf(job.stage);
        [...this.steps.children].forEach((step, place) => {
            step.className = place < now ? "over" : place === now ? "now" : "";
            if (place === now) step.setAttribute("aria-current", "step");
            else step.removeAttribute("aria-current");
        });
    }

    add(segments) {
        this.note.hidden = true;
        for (const segment of segments) {
            if (!this.voices.includes(segment.speaker)) this.voices.push(segment.speaker);
            const voice = this.voices.indexOf(segment.speaker) % 8;
            this.lines.append(
                el(
                    "li",
                    { "data-voice": voice },
                    el("span", { class: "speaker" }, segment.speaker),
                    el("span", { class: "faint time" }, clock(segment.start_time)),
                    el("p", {}, segment.text),
                ),
            );
        }
    }

    clear() {
        this.voices = [];
        this.lines.replaceChildren();
        this.note.hidden = false;
    }

    async cancel(id) {
        this.cancelButton.disabled = true;
        try {
            await ask(`jobs/${id}`, { method: "DELETE" });
        } catch (error) {
            this.cancelButton.disabled = false;
            warn(error);
        }
    }
}

customElements.define("live-job", LiveJob);
