// What the address says after its #: nothing, or a job and a moment in it.

import { readMoment } from "./clock.js";

/** {job: id or null, moment: seconds or null} */
export function route() {
    const said = new URLSearchParams(location.hash.slice(1));
    return { job: said.get("job"), moment: readMoment(said.get("t")) };
}

/** The address of a job, or of a moment in it; without a job, that of the start. */
export function hashOf(job, moment = null) {
    if (!job) return "#";
    return `#job=${encodeURIComponent(job)}${moment === null ? "" : `&t=${Math.round(moment * 10) / 10}`}`;
}

export function go(hash) {
    location.hash = hash;
}
