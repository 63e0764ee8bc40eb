// Says where a step led: for screen readers, and why a word is doubtful for everybody.

import { clock } from "./clock.js";
import { el } from "./dom.js";
import { why } from "./segment.js";

const READ = 80; // letters: enough to know where one is

class StepNote extends HTMLElement {
    start(talk, player, transcript) {
        Object.assign(this, { talk, player, transcript, word: null });
        this.shown = el("p", { class: "why", role: "status" });
        this.told = el("p", { class: "unseen", role: "status" });
        this.replaceChildren(this.shown, this.told);
        player.addEventListener("moment", () => this.word !== null && this.word !== transcript.now && this.clear());
        talk.addEventListener("changed", () => this.clear());
    }

    clear() {
        this.word = null;
        this.shown.textContent = this.told.textContent = "";
    }

    /** word: its number. */
    doubt(word) {
        this.clear();
        this.word = word;
        const { text } = this.talk.words.all[word];
        this.shown.textContent = `“${text}”: ${why(this.talk.words.all[word])}`;
    }

    /** Nobody is talked over while it plays. */
    segment() {
        this.clear();
        const { current } = this.transcript;
        if (!current || this.player.playing) return;
        const { speaker, start_time: start, text } = current.segment;
        this.told.textContent = `${speaker}, ${clock(start)}: ${text.slice(0, READ)}`;
    }
}

customElements.define("step-note", StepNote);
