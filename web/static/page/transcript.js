// What was said, segment by segment; the word that is heard lights up. Tells "ask-who" for a segment or words of it.

import { button, calm, el, tell } from "./dom.js";
import { icon } from "./icons.js";
import { Rows } from "./rows.js";
import { selectedWords } from "./selection.js";

const FAR = 2; // screens, beyond which nothing glides

class TalkTranscript extends HTMLElement {
    start(talk, player) {
        Object.assign(this, {
            talk,
            player,
            now: -1,
            within: -1,
            current: null,
            following: true,
            found: new Map(),
        });
        this.list = new Rows(talk, (row) => this.unfold(row));
        this.back = button(
            { class: "pill", hidden: true, onclick: () => this.follow() },
            icon("back"),
            "Back to what is heard",
        );
        this.move = button(
            { class: "pill move", hidden: true, onclick: () => this.askWhoOfSelection() },
            icon("people"),
            "Who says this?",
        );
        this.empty = el("p", { class: "faint", hidden: true }, "Nothing was said here that could be understood.");
        this.replaceChildren(this.empty, this.list.element, this.back, this.move);
        this.ended = new AbortController();
        const { signal } = this.ended;
        talk.addEventListener("changed", () => this.show(), { signal });
        player.addEventListener("moment", () => this.moment(), { signal });
        player.addEventListener("playing", () => this.player.playing && this.follow(), { signal });
        this.list.element.addEventListener("click", (event) => this.press(event));
        for (const name of ["wheel", "touchmove"])
            window.addEventListener(name, () => this.leave(), { signal, passive: true });
        document.addEventListener("selectionchange", () => this.selected(), { signal });
        this.show();
    }

    get rows() {
        return this.list.all;
    }

    disconnectedCallback() {
        this.ended?.abort();
        this.list?.close();
    }

    show() {
        this.empty.hidden = this.talk.segments.length > 0;
        this.list.show();
        this.stay();
    }

    /** After an edit: the place is what it was, if it is there still. */
    stay() {
        const kept = this.rows.includes(this.current) ? this.current : null;
        this.heard = this.current = null;
        if (!kept) return this.moment();
        this.heard = this.heardNow();
        this.point(kept, this.within < 0 ? -1 : this.talk.words.first[kept.index] + this.within);
    }

    unfold(row) {
        row.unfold();
        row.mark(this.found.get(row.index) ?? []);
        if (row === this.current) this.light();
    }

    press(event) {
        const time = event.target.closest("a.time");
        const word = event.target.closest(".word");
        if (time && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
            event.preventDefault();
            this.choose(time.closest(".segment").row);
            this.player.play();
        } else if (word && document.getSelection().isCollapsed) {
            this.choose(word.closest(".segment").row, Number(word.dataset.word));
            this.player.play();
        }
    }

    /** Until the next word begins it stays as it is: where people overlap, time alone does not tell who was meant. */
    moment() {
        const heard = this.heardNow();
        if (heard.word === this.heard?.word && heard.segment === this.heard.segment) return;
        this.heard = heard;
        this.point(this.rows[heard.segment] ?? null, heard.word);
    }

    /** By time alone: the word, and its segment, by their numbers. */
    heardNow() {
        const moment = this.player.moment + 0.01;
        return { word: this.talk.words.at(moment), segment: this.talk.words.segmentAt(moment) };
    }

    /** row: null where there are no segments; word: -1 before the first. */
    point(row, word) {
        this.now = word;
        this.within = word < 0 ? -1 : this.talk.words.within(word);
        if (row !== this.current) {
            this.current?.element.classList.remove("current");
            this.current?.element.removeAttribute("aria-current");
            this.current = row;
            row?.element.classList.add("current");
            row?.element.setAttribute("aria-current", "true");
            row?.unfold();
            if (this.player.playing && this.following) this.reveal(row);
        }
        this.light();
    }

    light() {
        this.lit?.classList.remove("now");
        this.lit = this.current?.spans?.[this.within];
        this.lit?.classList.add("now");
    }

    /** Near segments glide into view, far ones are there at once. */
    reveal(row) {
        const { top, bottom } = row.element.getBoundingClientRect();
        if (top > 120 && bottom < innerHeight - 140) return;
        const far = Math.abs(top) > FAR * innerHeight;
        row.element.scrollIntoView({ block: "center", behavior: far || calm() ? "instant" : "smooth" });
    }

    /** Whoever scrolls while it plays wants to read elsewhere. */
    leave() {
        if (!this.player.playing || !this.following) return;
        this.following = false;
        this.back.hidden = false;
    }

    follow() {
        this.following = true;
        this.back.hidden = true;
        if (this.current) this.reveal(this.current);
    }

    /** within: which of its words; without, it is the segment's beginning. */
    choose(row, within = null) {
        const { words } = this.talk;
        this.player.seek(within === null ? row.segment.start_time : row.segment.words[within].start_time);
        this.heard = this.heardNow();
        this.point(row, row.segment.words?.length ? words.first[row.index] + (within ?? 0) : this.heard.word);
    }

    /** Goes to a word, by its number; so that it is seen, too. */
    goTo(index) {
        const { words } = this.talk;
        const row = this.rows[words.segmentOf[index]];
        this.choose(row, words.within(index));
        this.reveal(row);
    }

    goToSegment(index) {
        const row = this.rows[Math.min(Math.max(0, index), this.rows.length - 1)];
        if (!row) return;
        this.choose(row);
        this.reveal(row);
    }

    /** To a moment that an address names: what is said then is in view, and it is not played unasked. */
    goToMoment(moment) {
        this.player.seek(moment);
        this.moment();
        if (this.current) this.reveal(this.current);
    }

    /** hits: [{segment, from, to}, ...]; current: which of them is looked at; reveal: whether it comes into view. */
    mark({ hits, current, reveal }) {
        this.found = new Map();
        hits.forEach((hit, index) => {
            if (!this.found.has(hit.segment)) this.found.set(hit.segment, []);
            this.found.get(hit.segment).push({ ...hit, current: index === current });
        });
        const row = reveal ? this.rows[hits[current]?.segment] : null;
        row?.unfold();
        for (const each of this.rows) if (each.spans) each.mark(this.found.get(each.index) ?? []);
        if (row) this.reveal(row);
    }

    selected() {
        const chosen = selectedWords(this);
        this.move.hidden = !chosen;
        if (!chosen) return;
        const box = chosen.range.getBoundingClientRect();
        const left = Math.min(Math.max(8, box.left), innerWidth - 180);
        this.move.style.transform = `translate(${left}px, ${Math.min(box.bottom + 8, innerHeight - 120)}px)`;
    }

    askWhoOfSelection() {
        const { segment, words } = selectedWords(this) ?? {};
        if (words) tell(this, "ask-who", { segment, words });
    }

    /** Of what is selected, else of the word that is heard. */
    askWho() {
        const chosen = selectedWords(this);
        if (chosen) return this.askWhoOfSelection();
        if (!this.current) return;
        const word = Math.max(0, this.within);
        tell(this, "ask-who", { segment: this.current.index, word });
    }
}

customElements.define("talk-transcript", TalkTranscript);
