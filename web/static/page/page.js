// The page: the start with what is sent and what there is, or one recording, as the address says.

import "./api.js";
import { button } from "./dom.js";
import { showHelp } from "./help.js";
import { icon } from "./icons.js";
import { listen } from "./keyboard.js";
import { go, hashOf, route } from "./route.js";
import "./conversation.js";
import "./downloads.js";
import "./joblist.js";
import "./key.js";
import "./notices.js";
import "./outage.js";
import "./status.js";
import "./theme.js";
import "./upload.js";

const start = document.getElementById("start");
const view = document.querySelector("talk-view");
const jobs = document.querySelector("job-list");
const TITLE = document.title;
let unlisten = null;
let opened = false;

function show() {
    const before = view.shown;
    const { job, moment } = route();
    start.hidden = Boolean(job);
    view.hidden = !job;
    jobs.pause(Boolean(job));
    unlisten?.();
    unlisten = null;
    if (job) {
        view.open(job, moment);
        if (job !== before) focusOn(view);
        return;
    }
    view.leave();
    focusOn(start);
    document.title = TITLE;
    unlisten = listen({ "?": showHelp });
}

/** Screen readers begin there, and so does the Tab key; not where the page has just been opened. */
function focusOn(part) {
    if (opened) part.querySelector("h1").focus();
    opened = true;
}

window.addEventListener("hashchange", show);
document.addEventListener("dropped", () => route().job && go("#")); // where they are seen on their way
document.addEventListener("accepted", (event) => {
    const { job, alone } = event.detail;
    if (alone && !route().job)
        go(hashOf(job.id)); // of several, the list shows how far they are
    else if (!route().job) jobs.look();
});
const help = button({
    class: "quiet icon-only",
    "aria-label": "Keys and hints",
    title: "Keys and hints (?)",
    onclick: showHelp,
});
help.append(icon("keys"));
document.querySelector(".site nav").append(help);
show();
