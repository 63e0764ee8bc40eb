// The sound: one audio element, which tells "moment" with each frame while it plays and whenever it jumps.

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3];

export class Player extends EventTarget {
    constructor(url, duration) {
        super();
        this.duration = duration;
        this.audio = new Audio();
        this.audio.preload = "metadata";
        this.audio.src = url;
        this.stopped = new AbortController();
        const on = (name, run) => this.audio.addEventListener(name, run, { signal: this.stopped.signal });
        on("play", () => this.#play());
        for (const name of ["pause", "ended"]) on(name, () => this.#tell("playing"));
        on("seeking", () => this.#tell("moment"));
        on("error", () => this.#tell("silent"));
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
        this.audio.playbackRate = speed;
    }

    faster(steps) {
        const place = SPEEDS.findLastIndex((speed) => speed <= this.speed);
        this.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place + steps))];
    }

    seek(moment) {
        this.audio.currentTime = Math.min(Math.max(0, moment), this.duration);
    }

    /** The browser may refuse, as where the sound is gone: "silent" has told of it then. */
    play(moment = null) {
        if (moment !== null) this.seek(moment);
        this.audio.play().catch(() => this.#tell("playing"));
    }

    toggle() {
        if (this.playing) this.audio.pause();
        else this.play();
    }

    close() {
        this.stopped.abort();
        this.audio.pause();
        this.audio.removeAttribute("src");
        this.audio.load(); // else the browser goes on reading
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
