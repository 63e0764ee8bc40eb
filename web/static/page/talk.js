// A conversation that can be put right. Tells "changed" whenever it is another one than before.

import { Refused, ask } from "./api.js";
import { figures } from "./figures.js";
import { Words, doubtful } from "./words.js";

const AS_MADE = '"0"'; // the ETag of a conversation that nobody has changed

export class Talk extends EventTarget {
    constructor(job) {
        super();
        this.job = job;
        this.revision = null;
        this.busy = false;
    }

    get title() {
        return titleOf(this.job);
    }

    get speakers() {
        return this.result.speakers;
    }

    get segments() {
        return this.result.conversation;
    }

    get wasChanged() {
        return this.revision !== null && this.revision !== AS_MADE;
    }

    /** Speakers have the colours of their places. */
    voice(speaker) {
        return Math.max(0, this.speakers.indexOf(speaker));
    }

    async load() {
        await this.#take(await ask(`jobs/${this.job.id}/result?format=json&words=true`));
    }

    /** changes: as PATCH /jobs/ID/speakers takes them. */
    change(...changes) {
        return this.#edit("speakers", { method: "PATCH", json: { changes } });
    }

    /** counts: num_speakers, min_speakers, max_speakers; none of them: as many as are found. */
    recluster(counts) {
        const given = Object.entries(counts).filter(([, count]) => count);
        return this.#edit("recluster", { method: "POST", form: new URLSearchParams(given) });
    }

    undo() {
        return this.#edit("undo", { method: "POST" });
    }

    /** One at a time: each is made to the revision that the one before gave. */
    async #edit(route, options) {
        if (this.busy) return false;
        this.#setBusy(true);
        try {
            const headers = { "If-Match": this.revision };
            await this.#take(await ask(`jobs/${this.job.id}/${route}?format=json&words=true`, { ...options, headers }));
            return true;
        } catch (error) {
            if (!(error instanceof Refused && error.status === 412)) throw error;
            await this.load();
            const message =
                "Somebody else changed this conversation meanwhile. Here it is as it is now; please do that again.";
            throw new Refused(412, { ...error, message });
        } finally {
            this.#setBusy(false);
        }
    }

    #setBusy(busy) {
        this.busy = busy;
        this.dispatchEvent(new Event("busy"));
    }

    async #take(answer) {
        this.revision = answer.headers.get("ETag");
        this.result = await answer.json();
        this.words = new Words(this.result.conversation);
        this.figures = figures(this.result, doubtful);
        this.dispatchEvent(new Event("changed"));
    }
}

/** What the page called the recording when it sent it; other clients may have sent no such thing. */
export function titleOf(job) {
    const title = job.metadata?.title ?? job.metadata?.name;
    return typeof title === "string" && title.trim() ? title : `Recording ${job.id.slice(0, 8)}`;
}
