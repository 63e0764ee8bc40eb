// One recording: while it is in work how far it is, then what was said in it, to hear, to read and to put right.

import { Refused, askJson } from "./api.js";
import { day, spoken } from "./clock.js";
import { button, el, unseen } from "./dom.js";
import { copyButton, toClipboard } from "./downloads.js";
import { Edits } from "./edits.js";
import { showHelp } from "./help.js";
import { icon } from "./icons.js";
import { listen } from "./keyboard.js";
import { say, warn } from "./notices.js";
import { nameOf } from "./offers.js";
import { Player } from "./player.js";
import { hashOf } from "./route.js";
import { ended, said } from "./states.js";
import { Talk, titleOf } from "./talk.js";
import "./live.js";
import "./playerbar.js";
import "./search.js";
import "./speakers.js";
import "./steps.js";
import "./timeline.js";
import "./transcript.js";

const LEAP = 5; // s

class TalkView extends HTMLElement {
    connectedCallback() {
        for (const name of ["reachable", "signed-in"]) {
            window.addEventListener(name, () => this.failed && this.open(this.id, this.moment));
        }
        this.addEventListener("finished", (event) => this.finish(event.detail.job));
        this.addEventListener("ask-who", (event) => this.edits.askWho(event.detail));
        this.addEventListener("step", (event) => this.step(event.detail.by));
        this.addEventListener("found", (event) => this.transcript?.mark(event.detail));
    }

    /** moment: s, or null. */
    async open(id, moment = null) {
        if (id === this.id && this.player) return this.seek(moment);
        this.leave();
        Object.assign(this, { id, moment, failed: false });
        this.replaceChildren(
            this.heading(null),
            el("div", { class: "skeleton", role: "status" }, el("span", { class: "unseen" }, "Loading")),
        );
        try {
            const job = await askJson(`jobs/${encodeURIComponent(id)}`);
            if (this.id !== id) return;
            if (job.state === "done") await this.showTalk(job);
            else if (ended(job)) this.showEnd(job);
            else this.showLive(job);
        } catch (error) {
            if (this.id === id) this.showFault(error);
        }
    }

    async finish(job) {
        if (job?.state !== "done") return this.showEnd(job);
        try {
            await this.showTalk(job);
        } catch (error) {
            if (this.id === job.id) this.showFault(error);
        }
    }

    /** In place of what there was; whoever had the focus in that has it on the heading. */
    put(...children) {
        const focused = this.contains(document.activeElement);
        this.replaceChildren(...children);
        if (focused) this.focusHeading({ preventScroll: true });
    }

    focusHeading(how) {
        this.querySelector("h1")?.focus(how);
    }

    leave() {
        this.unlisten?.();
        this.player?.close();
        this.failed = false;
        this.id = this.player = this.talk = this.edits = this.transcript = this.unlisten = null;
        this.replaceChildren();
    }

    seek(moment) {
        if (moment !== null) this.transcript.goToMoment(moment);
    }

    heading(job, ...actions) {
        const title = job ? titleOf(job) : "Recording";
        document.title = `${title} – Who said what, when`;
        return el(
            "header",
            { class: "heading" },
            el("a", { href: "#", class: "quiet backlink" }, icon("back"), "All recordings"),
            el("h1", { tabindex: -1, dir: "auto" }, title),
            this.about(job),
            el("div", { class: "actions" }, ...actions),
        );
    }

    about(job) {
        const { language, speakers } = this.talk?.result ?? {};
        const names = new Intl.DisplayNames([navigator.language, "en"], { type: "language" });
        const facts = job
            ? [
                  day(job.created_at),
                  spoken(job.duration),
                  language && nameOf(names, language),
                  speakers && people(speakers.length),
              ]
            : [];
        return el("p", { class: "faint facts" }, facts.filter(Boolean).join(" · "));
    }

    showLive(job) {
        const live = document.createElement("live-job");
        this.put(this.heading(job), live);
        live.start(job);
    }

    showEnd(job) {
        if (!job) return this.showFault(new Refused(404));
        this.put(
            this.heading(job),
            this.message(job.state === "failed" ? "This recording could not be done" : "Cancelled", said(job)),
        );
    }

    /** A server that is away comes back ("reachable"); a job that is gone does not. */
    showFault(error) {
        this.failed = true;
        const gone = error instanceof Refused && error.status === 404;
        const text = gone ? "It was erased, or its time is over: recordings are kept for a while only." : error.message;
        this.put(
            this.heading(null),
            this.message(gone ? "This recording is not here any more" : "It cannot be shown now", text),
        );
    }

    message(title, text) {
        return el(
            "div",
            { class: "card message" },
            el("h2", {}, title),
            el("p", {}, text),
            el("p", {}, el("a", { href: "#" }, "To all recordings")),
        );
    }

    async showTalk(job) {
        const talk = new Talk(job);
        await talk.load();
        if (this.id !== job.id) return;
        this.talk = talk;
        this.edits = new Edits(talk);
        this.player = new Player(`jobs/${job.id}/audio`, talk.result.duration);
        this.build(job);
        this.unlisten = listen(this.keys());
        this.seek(this.moment);
    }

    build(job) {
        const { talk, player, edits } = this;
        const made = (name) => document.createElement(name);
        const [line, search, transcript, panel, bar, downloads] = [
            "time-line",
            "talk-search",
            "talk-transcript",
            "speaker-panel",
            "player-bar",
            "download-menu",
        ].map(made);
        this.steps = made("step-note");
        this.transcript = transcript;
        this.searching = search;
        const undo = button(
            {
                class: "secondary icon-only",
                "aria-label": "Undo the last change",
                title: "Undo (Z)",
                onclick: () => edits.undo(),
            },
            icon("undo"),
        );
        const link = button({ class: "secondary", onclick: () => this.copyLink() }, icon("link"), "Copy link");
        this.doubts = button({ class: "secondary doubts", onclick: () => this.check() });
        const showState = () => {
            undo.disabled = !talk.wasChanged;
            this.doubts.disabled = !talk.words.doubts.length;
            const count = el("span", { class: "count" }, String(talk.words.doubts.length));
            this.doubts.replaceChildren(icon("doubt"), "Check next", count, unseen("doubtful words"));
            this.querySelector(".facts")?.replaceWith(this.about(job));
        };
        const warnings = talk.result.warnings.map((warning) => el("li", {}, warning));
        this.put(
            this.heading(job, downloads, copyButton(talk), link),
            warnings.length ? el("ul", { class: "card warnings", "aria-label": "Good to know" }, ...warnings) : "",
            el("section", { class: "card", "aria-label": "Timeline" }, line),
            el(
                "div",
                { class: "columns" },
                el(
                    "section",
                    { "aria-label": "Transcript" },
                    el("div", { class: "toolbar" }, search, this.doubts, undo, this.steps),
                    transcript,
                ),
                el("aside", { "aria-label": "Speakers" }, panel),
            ),
            bar,
        );
        downloads.start(talk);
        transcript.start(talk, player); // before the search, which marks its rows
        this.steps.start(talk, player, transcript);
        search.start(talk);
        panel.start(talk, edits);
        bar.start(player);
        line.start(talk, player);
        talk.addEventListener("changed", showState);
        showState();
    }

    keys() {
        const { player, talk, edits } = this;
        const give = (event) => {
            const speaker = talk.speakers[Number(event.key) - 1];
            const segment = this.transcript.current?.index;
            if (speaker !== undefined && segment !== undefined && talk.segments[segment].speaker !== speaker)
                edits.give(segment, speaker);
        };
        return {
            " ": () => player.toggle(),
            ArrowLeft: (event) => (event.shiftKey ? this.stepWord(-1) : player.seek(player.moment - LEAP)),
            ArrowRight: (event) => (event.shiftKey ? this.stepWord(1) : player.seek(player.moment + LEAP)),
            n: () => this.step(1),
            p: () => this.step(-1),
            c: () => this.check(),
            m: () => this.transcript.askWho(),
            z: () => edits.undo(),
            "/": () => this.searching.field.focus(),
            "<": () => player.faster(-1),
            ">": () => player.faster(1),
            "?": showHelp,
            ...Object.fromEntries(Array.from("123456789", (digit) => [digit, give])),
        };
    }

    step(by) {
        this.transcript.goToSegment((this.transcript.place?.index ?? 0) + by);
        this.steps.segment();
    }

    stepWord(by) {
        const word = this.transcript.now + by;
        if (word >= 0 && word < this.talk.words.all.length) this.transcript.goTo(word);
    }

    check() {
        const word = this.talk.words.nextDoubt(this.transcript.placed);
        if (word < 0) return say("No word is doubtful here.");
        this.transcript.goTo(word);
        this.steps.doubt(word);
    }

    async copyLink() {
        const hash = hashOf(this.id, this.player.moment);
        history.replaceState(null, "", hash);
        try {
            await toClipboard(location.href);
            say("The link to this moment is copied.");
        } catch (error) {
            warn(error);
        }
    }
}

function people(count) {
    return count === 1 ? "1 person" : `${count} people`;
}

customElements.define("talk-view", TalkView);
