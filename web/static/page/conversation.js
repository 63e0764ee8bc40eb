// One recording: while it is in work how far it is, then what was said in it.

import { Refused, askJson } from "./api.js";
import { el } from "./dom.js";
import { heading } from "./heading.js";
import { ended, said } from "./states.js";
import { Talk } from "./talk.js";
import "./desk.js";
import "./live.js";

class TalkView extends HTMLElement {
    connectedCallback() {
        for (const name of ["reachable", "signed-in"]) {
            window.addEventListener(name, () => this.failed && this.open(this.shown, this.moment));
        }
        this.addEventListener("finished", (event) => this.finish(event.detail.job));
    }

    /** moment: s, or null. */
    async open(id, moment = null) {
        if (id === this.shown && this.desk) return this.desk.seek(moment);
        this.leave();
        Object.assign(this, { shown: id, moment, failed: false });
        const loading = el("span", { class: "unseen" }, "Loading");
        this.replaceChildren(heading(null), el("div", { class: "skeleton", role: "status" }, loading));
        try {
            const job = await askJson(`jobs/${encodeURIComponent(id)}`);
            if (this.shown !== id) return;
            if (job.state === "done") await this.showTalk(job);
            else if (ended(job)) this.showEnd(job);
            else this.showLive(job);
        } catch (error) {
            if (this.shown === id) this.showFault(error);
        }
    }

    async finish(job) {
        if (job?.state !== "done") return this.showEnd(job);
        try {
            await this.showTalk(job);
        } catch (error) {
            if (this.shown === job.id) this.showFault(error);
        }
    }

    leave() {
        this.failed = false;
        this.shown = this.desk = null;
        this.replaceChildren();
    }

    /** In place of what there was; whoever had the focus in that has it on the heading. */
    put(...children) {
        const focused = this.contains(document.activeElement);
        this.replaceChildren(...children);
        if (focused) this.querySelector("h1")?.focus({ preventScroll: true });
    }

    async showTalk(job) {
        const talk = new Talk(job);
        await talk.load();
        if (this.shown !== job.id) return;
        this.desk = document.createElement("talk-desk");
        this.desk.build(talk);
        this.put(this.desk);
        this.desk.start();
        this.desk.seek(this.moment);
    }

    showLive(job) {
        const live = document.createElement("live-job");
        this.put(heading(job), live);
        live.start(job);
    }

    showEnd(job) {
        if (!job) return this.showFault(new Refused(404));
        const title = job.state === "failed" ? "This recording could not be done" : "Cancelled";
        this.put(heading(job), message(title, said(job)));
    }

    /** A server that is away comes back ("reachable"); a job that is gone does not. */
    showFault(error) {
        this.failed = true;
        const gone = error instanceof Refused && error.status === 404;
        const title = gone ? "This recording is not here any more" : "It cannot be shown now";
        const text = gone ? "It was erased, or its time is over: recordings are kept for a while only." : error.message;
        this.put(heading(null), message(title, text));
    }
}

customElements.define("talk-view", TalkView);

function message(title, text) {
    const back = el("a", { href: "#" }, "To all recordings");
    return el("div", { class: "card message" }, el("h2", {}, title), el("p", {}, text), el("p", {}, back));
}
