// The rows of the segments in the document. They lie in groups: what is far from the screen costs the browser a group,
// however many rows there are in it.

import { el } from "./dom.js";
import { SegmentRow } from "./segment.js";

const NEAR = "800px"; // of the screen, where words are made ready
const GROUP = 40; // rows
const SETTLED = 3; // frames
const READ = 150; // px from the top of the screen: below what stays there

export class Rows {
    /** near: called with each row that comes near the screen. */
    constructor(talk, near) {
        this.talk = talk;
        this.all = [];
        this.element = el("div", { role: "list" });
        this.watch = new IntersectionObserver(
            (seen) => seen.forEach((one) => one.isIntersecting && near(one.target.row)),
            {
                rootMargin: `${NEAR} 0px`,
            },
        );
    }

    close() {
        this.watch.disconnect();
    }

    /** Only what is another segment than before is made anew; an edit changes few of thousands. */
    show() {
        const { segments } = this.talk;
        const read = this.read();
        const before = alike(this.all, segments);
        const most = Math.min(this.all.length, segments.length) - before;
        const after = Math.min(most, alike(this.all.toReversed(), segments.toReversed()));
        const made = segments.slice(before, segments.length - after).map(() => new SegmentRow(this.talk));
        const gone = this.all.splice(before, this.all.length - after - before, ...made);
        this.all.forEach((row, index) => row.show(segments[index], index));
        this.insert(made, before);
        for (const row of made) this.watch.observe(row.element);
        for (const row of gone) this.remove(row.element);
        if (read) this.readOn(read);
    }

    /** Between those that are there, which keep their heights so. */
    insert(made, before) {
        const elements = made.map((row) => row.element);
        const previous = this.all[before - 1]?.element;
        const next = this.all[before + made.length]?.element;
        if (!previous && !next) return this.element.replaceChildren(...grouped(elements));
        if (made.length <= GROUP) return previous ? previous.after(...elements) : next.before(...elements);
        if (previous?.parentElement === next?.parentElement) part(previous, next);
        if (previous) previous.parentElement.after(...grouped(elements));
        else next.parentElement.before(...grouped(elements));
    }

    /** What is read, and where on the screen, in px from its top; null above the text. */
    read() {
        const { left, top } = this.element.getBoundingClientRect();
        const row = top < READ && document.elementFromPoint(left + 20, READ)?.closest(".segment")?.row;
        return row ? { row, top: row.element.getBoundingClientRect().top } : null;
    }

    /** It stays there; where it was made anew, what is said at the same moment does. */
    readOn({ row, top }) {
        const then = row.segment.start_time;
        const now = this.all.includes(row) ? row : this.all.findLast(({ segment }) => segment.start_time <= then);
        if (now) stay(now.element, top, SETTLED);
    }

    remove(element) {
        this.watch.unobserve(element);
        const { parentElement: around } = element;
        element.remove();
        if (around && !around.childElementCount) around.remove();
    }
}

/** How many at the beginning are the same. */
function alike(rows, segments) {
    const other = rows.findIndex(({ segment }, index) => {
        const now = segments[index];
        return !now || segment.start_time !== now.start_time || segment.text !== now.text;
    });
    return other < 0 ? rows.length : other;
}

/** Over some frames: the browser learns how high rows are only as they come near the screen. */
function stay(element, top, frames) {
    const shift = element.getBoundingClientRect().top - top;
    if (Math.abs(shift) >= 1) scrollBy({ top: shift, behavior: "instant" });
    if (frames) requestAnimationFrame(() => stay(element, top, frames - 1));
}

function grouped(elements) {
    const starts = elements.flatMap((_, index) => (index % GROUP ? [] : [index]));
    return starts.map((start) => group(elements.slice(start, start + GROUP)));
}

/** Only for the browser: people have one list. */
function group(elements) {
    return el("div", { class: "group", role: "presentation" }, ...elements);
}

/** Divides the group of two neighbours between them; what is on the screen is not taken out of the document. */
function part(previous, next) {
    const both = previous.parentElement;
    const place = [...both.children].indexOf(next);
    const seen = next.getBoundingClientRect().top < innerHeight && both.getBoundingClientRect().bottom > 0;
    if (seen) both.before(group([...both.children].slice(0, place)));
    else both.after(group([...both.children].slice(place)));
}
