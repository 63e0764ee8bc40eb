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

function show() {
    const { job, moment } = route();
    start.hidden = Boolean(job);
    view.hidden = !job;
    jobs.pause(Boolean(job));
    unlisten?.();
    unlisten = null;
    if (job) return view.open(job, moment);
    view.leave();
    document.title = TITLE;
    unlisten = listen({ "?": showHelp });
}

window.addEventListener("hashchange", show);
document.addEventListener("dropped", () => route().job && go("#")); // where they are seen on their way
document.addEventListener("accepted", (event) => {
    const { job, alone } = event.detail;
    if (alone && !route().job) go(hashOf(job.id)); // of several, the list shows how far they are
    else if (!route().job) jobs.look();
});
const help = button({ class: "quiet icon-only", "aria-label": "Keys and hints", title: "Keys and hints (?)", onclick: showHelp });
help.append(icon("keys"));
document.querySelector(".site nav").append(help);
show();
