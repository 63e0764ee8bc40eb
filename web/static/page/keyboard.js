// Single keys for what is done all the time. They can be switched off, and never work while somebody types.

import { keep, kept } from "./kept.js";

/** For the help: [keys, what they do]. */
export const KEYS = [
    ["Space", "Play or pause"],
    ["← →", "5 seconds back or on"],
    ["Shift ← →", "Word before or next word"],
    ["P N", "Segment before or next segment"],
    ["C", "Check the next doubtful word"],
    ["M", "Say who says the word or segment that is heard, or the words that are selected"],
    ["1 – 9", "Give the segment that is heard to that speaker"],
    ["Z", "Take the last change back"],
    ["/", "Search"],
    ["< >", "Slower or faster"],
    ["?", "This help"],
];

export function keysWanted() {
    return kept("keys", true);
}

export function wantKeys(wanted) {
    keep("keys", wanted);
}

/** actions: {" ": run, "ArrowLeft": run, ...}, each given the event. Returns a function that ends it. */
export function listen(actions) {
    const press = (event) => {
        const run = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
        if (!run || event.ctrlKey || event.metaKey || event.altKey || occupied(event)) return;
        if (event.key.length === 1 && event.key !== " " && event.key !== "?" && !keysWanted()) return;
        event.preventDefault();
        run(event);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
}

/** The element that has the focus needs the key itself, or a dialog is open. */
function occupied(event) {
    if (document.querySelector("dialog[open]")) return true;
    const { target } = event;
    if (target.matches("textarea, select, [contenteditable], input:not([type=range], [type=checkbox], [type=radio])"))
        return true;
    if (event.key.startsWith("Arrow")) return target.matches("input, .scroller");
    return event.key === " " && target.matches("button, a, summary, [type=checkbox], [type=radio]");
}
