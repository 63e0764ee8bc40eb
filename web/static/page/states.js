// How a job's state and stage are said.

import { remaining } from "./clock.js";

export const STAGES = {
    speech: "Finding speech",
    voices: "Telling voices apart",
    words: "Writing words down",
    merge: "Putting it together",
};

export function ended(job) {
    return ["done", "failed", "cancelled"].includes(job.state);
}

/** One line: "Writing words down, about 2 min left". */
export function said(job) {
    if (job.state === "queued") return job.queue_place ? `Waits, ${job.queue_place} before it` : "Is about to begin";
    if (job.state === "failed") return job.error?.message ?? "It failed.";
    if (job.state === "cancelled") return "Cancelled";
    if (job.state === "done") return "Done";
    const stage = STAGES[job.stage] ?? "Works";
    return job.seconds_left === null ? stage : `${stage}, ${remaining(job.seconds_left)}`;
}
