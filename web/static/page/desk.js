// What was said in a recording, to hear, to read and to put right.

import { button, el, unseen } from "./dom.js";
import { copyButton, toClipboard } from "./downloads.js";
import { Edits } from "./edits.js";
import { facts, heading } from "./heading.js";
import { showHelp } from "./help.js";
import { icon } from "./icons.js";
import { listen } from "./keyboard.js";
import { say, warn } from "./notices.js";
import { Player } from "./player.js";
import { hashOf } from "./route.js";
import "./playerbar.js";
import "./search.js";
import "./speakers.js";
import "./steps.js";
import "./timeline.js";
import "./transcript.js";

const LEAP = 5; // s
const SOON = 1; // s in which what is about to be said is what is heard
const made = (name) => document.createElement(name);

class TalkDesk extends HTMLElement {
    build(talk) {
        const edits = new Edits(talk);
        const player = new Player(`jobs/${talk.job.id}/audio`, talk.result.duration);
        Object.assign(this, { talk, edits, player });
        Object.assign(this, {
            search: made("talk-search"),
            transcript: made("talk-transcript"),
            steps: made("step-note"),
        });
        Object.assign(this, { line: made("time-line"), panel: made("speaker-panel"), bar: made("player-bar") });
        this.downloads = made("download-menu");
        const back = { "aria-label": "Undo the last change", title: "Undo (Z)" };
        this.undo = button({ class: "secondary icon-only", ...back, onclick: () => edits.undo() }, icon("undo"));
        this.doubts = button({ class: "secondary doubts", onclick: () => this.check() });
        const link = button({ class: "secondary", onclick: () => this.copyLink() }, icon("link"), "Copy link");
        const transcript = [
            el("div", { class: "toolbar" }, this.search, this.doubts, this.undo, this.steps),
            this.transcript,
        ];
        this.replaceChildren(
            heading(talk.job, talk.result, this.downloads, copyButton(talk), link),
            warnings(talk.result.warnings),
            el("section", { class: "card", "aria-label": "Timeline" }, this.line),
            el(
                "div",
                { class: "columns" },
                el("section", { "aria-label": "Transcript" }, ...transcript),
                el("aside", { "aria-label": "Speakers" }, this.panel),
            ),
            this.bar,
        );
    }

    /** Once it is in the page. */
    start() {
        const { talk, player, edits, transcript } = this;
        this.addEventListener("ask-who", (event) => edits.askWho(event.detail));
        this.addEventListener("step", (event) => this.step(event.detail.by));
        this.addEventListener("found", (event) => transcript.mark(event.detail));
        this.downloads.start(talk);
        transcript.start(talk, player); // before the search, which marks its rows
        this.steps.start(talk, player, transcript);
        this.search.start(talk);
        this.panel.start(talk, edits);
        this.bar.start(player);
        this.line.start(talk, player);
        talk.addEventListener("changed", () => this.show());
        this.show();
        this.unlisten = listen(this.keys());
    }

    disconnectedCallback() {
        this.unlisten?.();
        this.player?.close();
    }

    show() {
        const { talk } = this;
        this.undo.disabled = !talk.wasChanged;
        this.doubts.disabled = !talk.words.doubts.length;
        const count = el("span", { class: "count" }, String(talk.words.doubts.length));
        this.doubts.replaceChildren(icon("doubt"), "Check next", count, unseen("doubtful words"));
        this.querySelector(".facts").replaceWith(facts(talk.job, talk.result));
    }

    /** moment: s, or null. */
    seek(moment) {
        if (moment !== null) this.transcript.goToMoment(moment);
    }

    keys() {
        const { player, talk, edits } = this;
        const give = (event) => {
            const speaker = talk.speakers[Number(event.key) - 1];
            const segment = this.transcript.current?.index;
            if (speaker === undefined || segment === undefined) return;
            if (talk.segments[segment].speaker !== speaker) edits.give(segment, speaker);
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
            "/": () => this.search.field.focus(),
            "<": () => player.faster(-1),
            ">": () => player.faster(1),
            "?": showHelp,
            ...Object.fromEntries(Array.from("123456789", (digit) => [digit, give])),
        };
    }

    step(by) {
        const { current } = this.transcript;
        const begun = current && this.player.moment + SOON >= this.talk.segments[0].start_time;
        this.transcript.goToSegment(begun ? current.index + by : 0);
        this.steps.segment();
    }

    stepWord(by) {
        const word = this.transcript.now + by;
        if (word >= 0 && word < this.talk.words.all.length) this.transcript.goTo(word);
    }

    check() {
        const word = this.talk.words.nextDoubt(this.transcript.now);
        if (word < 0) return say("No word is doubtful here.");
        this.transcript.goTo(word);
        this.steps.doubt(word);
    }

    async copyLink() {
        const hash = hashOf(this.talk.job.id, this.player.moment);
        history.replaceState(null, "", hash);
        try {
            await toClipboard(location.href);
            say("The link to this moment is copied.");
        } catch (error) {
            warn(error);
        }
    }
}

customElements.define("talk-desk", TalkDesk);

function warnings(texts) {
    const lines = texts.map((text) => el("li", {}, text));
    return lines.length ? el("ul", { class: "card warnings", "aria-label": "Good to know" }, ...lines) : "";
}
