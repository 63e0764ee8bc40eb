// A job as it goes on: its stream of events, and where there is none to be had, a question every few seconds.

import { Refused, askJson } from "./api.js";

const PAUSE = 3000; // ms between two questions

/**
 * Follows a job to its end. told: {progress, segments, restart, end, gone}, each called with what docs/api.md says.
 * Returns a function that stops it.
 */
export function follow(id, told) {
    let source = null;
    let timer = 0;
    let over = false;
    const stop = () => {
        over = true;
        source?.close();
        clearTimeout(timer);
    };
    const finish = (how, what) => {
        if (over) return;
        stop();
        how?.(what);
    };
    const listen = () => {
        if (over) return;
        source = new EventSource(`jobs/${id}/events`);
        for (const name of ["progress", "segments", "restart"]) {
            source.addEventListener(name, (event) => !over && told[name]?.(JSON.parse(event.data)));
        }
        source.addEventListener("end", (event) => finish(told.end, JSON.parse(event.data)));
        source.onopen = () => window.dispatchEvent(new Event("answered"));
        source.onerror = () => {
            if (source.readyState === EventSource.CLOSED) timer = setTimeout(look, PAUSE);
            else window.dispatchEvent(new Event("unreachable")); // the browser comes again by itself
        };
    };
    const begin = () => over || look(); // with a key that was not there before
    const look = async () => {
        try {
            const job = await askJson(`jobs/${id}`);
            if (over) return;
            if (["done", "failed", "cancelled"].includes(job.state)) return finish(told.end, job);
            told.progress?.(job);
            listen();
        } catch (error) {
            if (error instanceof Refused && error.status === 404) return finish(told.gone);
            if (error instanceof Refused && [401, 403].includes(error.status))
                return window.addEventListener("signed-in", begin, { once: true });
            timer = setTimeout(look, PAUSE);
        }
    };
    listen();
    return stop;
}
