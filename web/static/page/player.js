// The sound: one audio element, which tells "moment" with each frame while it plays and whenever it jumps, and "sound"
// when that is gone, away with the server, or back.

import { Refused, ask } from "./api.js";

const PAUSE = 3000; // ms until a server that answers, but not with the sound, is asked again
const TRIES = 3; // of a sound that the server has and the browser does not play

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3];

export class Player extends EventTarget {
    constructor(url, duration) {
        super();
        this.duration = duration;
        this.url = url;
        this.sound = "there"; // or "away", "gone", "strange": what the browser cannot play
        this.tries = 0;
        this.audio = new Audio();
        this.audio.preload = "metadata";
        this.audio.src = url;
        this.stopped = new AbortController();
        const on = (name, run) => this.audio.addEventListener(name, run, { signal: this.stopped.signal });
        on("play", () => this.#play());
        for (const name of ["pause", "ended"]) on(name, () => this.#tell("playing"));
        on("seeking", () => this.#tell("moment"));
        on("error", () => this.#fault());
        on("loadedmetadata", () => this.#setSound("there"));
        on("playing", () => (this.tries = 0));
        on("ratechange", () => this.#tell("speed"));
    }

    get moment() {
        return this.audio.currentTime;
    }

    get playing() {
        return !this.audio.paused && !this.audio.ended;
    }

    get speed() {
        return this.audio.playbackRate;
    }

    set speed(speed) {
        this.audio.defaultPlaybackRate = this.audio.playbackRate = speed; // the former for when the sound is loaded anew
    }

    faster(steps) {
        const place = SPEEDS.findLastIndex((speed) => speed <= this.speed);
        this.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place + steps))];
    }

    seek(moment) {
        this.audio.currentTime = Math.min(Math.max(0, moment), this.duration);
    }

    /** The browser may refuse, as where the sound is gone: "sound" has told of it then. */
    play(moment = null) {
        if (moment !== null) this.seek(moment);
        this.audio.play().catch(() => this.#tell("playing"));
    }

    toggle() {
        if (this.sound !== "there") return this.#tell("sound");
        if (this.playing) this.audio.pause();
        else this.play();
    }

    close() {
        this.stopped.abort();
        this.audio.pause();
        this.audio.removeAttribute("src");
        this.audio.load(); // else the browser goes on reading
    }

    /** The browser does not say why: the server knows whether the sound is gone. */
    async #fault() {
        const playing = this.playing || this.resuming;
        this.resuming = playing;
        this.audio.pause();
        this.#setSound("away");
        const { signal } = this.stopped;
        try {
            await ask(this.url, { method: "HEAD" });
            this.tries += 1;
            if (this.tries > TRIES) return this.#setSound("strange");
        } catch (error) {
            if (error instanceof Refused && [403, 404, 410].includes(error.status)) return this.#setSound("gone");
            if (!(error instanceof Refused))
                return window.addEventListener("reachable", () => this.#again(), { once: true, signal });
        }
        setTimeout(() => signal.aborted || this.#again(), PAUSE);
    }

    /** From where it was. */
    #again() {
        const { moment } = this;
        this.audio.load();
        this.seek(moment);
        if (this.resuming) this.play();
        this.resuming = false;
    }

    #setSound(sound) {
        if (sound === this.sound) return;
        this.sound = sound;
        this.#tell("sound");
    }

    #play() {
        this.#tell("playing");
        const frame = () => {
            if (!this.playing || this.stopped.signal.aborted) return;
            this.#tell("moment");
            requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
    }

    #tell(name) {
        this.dispatchEvent(new Event(name));
    }
}
