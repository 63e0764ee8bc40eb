// The rows of the segments in the document. They lie in groups: what is far from the screen costs the browser a group,
// however many rows there are in it.

import { el } from "./dom.js";
import { SegmentRow } from "./segment.js";

const NEAR = "800px"; // of the screen, where words are made ready
const GROUP = 40; // rows

export class Rows {
    /** near: called with each row that comes near the screen. */
    constructor(talk, near) {
        this.talk = talk;
        this.all = [];
        this.element = el("div");
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
        const before = alike(this.all, segments);
        const most = Math.min(this.all.length, segments.length) - before;
        const after = Math.min(most, alike(this.all.toReversed(), segments.toReversed()));
        const made = segments.slice(before, segments.length - after).map(() => new SegmentRow(this.talk));
        const gone = this.all.splice(before, this.all.length - after - before, ...made);
        this.all.forEach((row, index) => row.show(segments[index], index));
        if (made.length > GROUP || made.length === this.all.length) this.group();
        else this.insert(made, before);
        for (const row of made) this.watch.observe(row.element);
        for (const row of gone) this.remove(row.element);
    }

    /** All of them; whoever has the focus in one keeps it. */
    group() {
        const focused = this.element.contains(document.activeElement) && document.activeElement;
        const elements = this.all.map((row) => row.element);
        const starts = elements.flatMap((_, index) => (index % GROUP ? [] : [index]));
        const groups = starts.map((start) => el("ol", { class: "group" }, ...elements.slice(start, start + GROUP)));
        this.element.replaceChildren(...groups);
        if (focused) focused.focus({ preventScroll: true });
    }

    /** Beside those that are there. */
    insert(made, before) {
        const elements = made.map((row) => row.element);
        if (before) this.all[before - 1].element.after(...elements);
        else this.all[made.length].element.before(...elements);
    }

    remove(element) {
        this.watch.unobserve(element);
        const group = element.parentElement;
        element.remove();
        if (group && !group.childElementCount) group.remove();
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
