// One segment of the transcript. Its words are single elements only once it comes near the screen: hours have many.

import { clock } from "./clock.js";
import { button, el, tell } from "./dom.js";
import { hashOf } from "./route.js";
import { doubtful, places } from "./words.js";

export const VOICES = 8;

export class SegmentRow {
    constructor(talk) {
        this.talk = talk;
        this.who = button({ class: "speaker", onclick: () => tell(this.element, "ask-who", { segment: this.index }) });
        this.time = el("a", { class: "time" });
        this.text = el("p", { class: "said", dir: "auto" });
        this.element = el(
            "div",
            { class: "segment", role: "listitem" },
            el("div", { class: "about" }, this.who, this.time),
            this.text,
        );
        this.element.row = this;
        this.spans = null;
    }

    /** The segment may be another one than before, or only its speaker may be called otherwise. */
    show(segment, index) {
        const [same, voice] = [
            this.segment && sameWords(this.segment, segment),
            this.talk.voice(segment.speaker) % VOICES,
        ];
        Object.assign(this, { segment, index });
        this.element.dataset.voice = voice;
        if (this.who.textContent !== segment.speaker) {
            this.who.textContent = segment.speaker;
            this.who.setAttribute("aria-label", `${segment.speaker}: say who says this`);
        }
        if (same) return;
        this.time.textContent = clock(segment.start_time);
        this.time.href = hashOf(this.talk.job.id, segment.start_time);
        this.time.setAttribute("aria-label", `Play from ${clock(segment.start_time)}`);
        const unfolded = this.spans !== null;
        this.spans = null;
        this.text.textContent = segment.text;
        if (unfolded) this.unfold();
    }

    /** Words as elements of their own. */
    unfold() {
        if (this.spans) return;
        const parts = [];
        let from = 0;
        this.spans = places(this.segment).map((place, index) => {
            if (!place) return null;
            const word = this.segment.words[index];
            const text = this.segment.text.slice(...place);
            const span = el("span", { class: doubtful(word) ? "word doubt" : "word", "data-word": index }, text);
            if (doubtful(word)) span.title = why(word);
            parts.push(this.segment.text.slice(from, place[0]), span);
            from = place[1];
            return span;
        });
        parts.push(this.segment.text.slice(from));
        this.text.replaceChildren(...parts);
    }

    /** hits: [{from, to, current}, ...] in the text. */
    mark(hits) {
        if (!hits.length && !this.marked) return;
        this.marked = hits.length > 0;
        this.unfold();
        places(this.segment).forEach((place, index) => {
            const hit = place && hits.find((one) => one.from < place[1] && one.to > place[0]);
            this.spans[index]?.classList.toggle("hit", Boolean(hit));
            this.spans[index]?.classList.toggle("current-hit", Boolean(hit?.current));
        });
    }
}

function sameWords(one, other) {
    if (one.start_time !== other.start_time || one.text !== other.text || one.words?.length !== other.words?.length)
        return false;
    return (one.words ?? []).every((word, index) => doubtful(word) === doubtful(other.words[index]));
}

/** What is doubtful about a word, in words. */
export function why(word) {
    const sure = (share) => `${Math.round(100 * share)} %`;
    const said = [];
    if (word.confidence !== null && word.confidence < 0.5)
        said.push(`${sure(word.confidence)} sure that this was said`);
    if (word.speaker_confidence !== null && word.speaker_confidence < 0.5)
        said.push(`${sure(word.speaker_confidence)} sure who said it`);
    return said.join(", ");
}
