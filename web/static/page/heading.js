// What stands above a recording, in every state of it.

import { day, spoken } from "./clock.js";
import { el } from "./dom.js";
import { icon } from "./icons.js";
import { nameOf } from "./offers.js";
import { titleOf } from "./talk.js";

/** job: null where none is known. result: once there is one. actions: elements. */
export function heading(job, result = null, ...actions) {
    const title = job ? titleOf(job) : "Recording";
    document.title = `${title} – Who said what, when`;
    return el(
        "header",
        { class: "heading" },
        el("a", { href: "#", class: "quiet backlink" }, icon("back"), "All recordings"),
        el("h1", { tabindex: -1, dir: "auto" }, title),
        facts(job, result),
        el("div", { class: "actions" }, ...actions),
    );
}

/** When it came, how long it is, what is spoken, and by how many. */
export function facts(job, result) {
    const names = new Intl.DisplayNames([navigator.language, "en"], { type: "language" });
    const known = job ? [day(job.created_at), spoken(job.duration)] : [];
    if (result) known.push(result.language && nameOf(names, result.language), people(result.speakers.length));
    return el("p", { class: "faint facts" }, known.filter(Boolean).join(" · "));
}

function people(count) {
    return count === 1 ? "1 person" : `${count} people`;
}
