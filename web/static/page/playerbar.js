// The bar at the foot: play, from segment to segment, where we are, how fast.

import { clock } from "./clock.js";
import { button, el, tell } from "./dom.js";
import { icon } from "./icons.js";
import { keep, kept } from "./kept.js";
import { SPEEDS } from "./player.js";

const SILENCE = {
    away: "The sound cannot be had from the server now. It comes back by itself.",
    gone: "The recording's sound is not there any more.",
    strange: "This browser cannot play the sound.",
};

class PlayerBar extends HTMLElement {
    start(player) {
        this.player = player;
        this.build();
        player.speed = kept("speed", 1);
        player.addEventListener("moment", () => this.moment());
        player.addEventListener("playing", () => this.playing());
        player.addEventListener("speed", () => this.speed());
        player.addEventListener("sound", () => this.sound());
        this.moment();
        this.playing();
        this.speed();
    }

    build() {
        const step = (name, label, by) =>
            button(
                {
                    class: "quiet icon-only",
                    "aria-label": label,
                    title: label,
                    onclick: () => tell(this, "step", { by }),
                },
                icon(name),
            );
        this.main = button({ class: "primary round", onclick: () => this.player.toggle() });
        this.silence = el("span", { class: "unseen", role: "status" });
        this.now = el("span", { class: "time" }, "0:00");
        this.range = el("input", {
            type: "range",
            min: 0,
            max: this.player.duration,
            step: 0.1,
            value: 0,
            "aria-label": "Where we are",
        });
        this.range.addEventListener("input", () => this.player.seek(Number(this.range.value)));
        this.rate = el(
            "select",
            { "aria-label": "Speed", class: "quiet" },
            ...SPEEDS.map((speed) => el("option", { value: speed }, `${speed}×`)),
        );
        this.rate.addEventListener("change", () => (this.player.speed = Number(this.rate.value)));
        this.replaceChildren(
            el(
                "div",
                { class: "bar", role: "group", "aria-label": "Player" },
                step("previous", "Segment before (P)", -1),
                this.main,
                step("next", "Next segment (N)", 1),
                this.now,
                this.range,
                el("span", { class: "time faint total" }, clock(this.player.duration)),
                this.rate,
                this.silence,
            ),
        );
    }

    moment() {
        const { moment } = this.player;
        this.range.value = moment;
        const text = clock(moment);
        if (this.now.textContent === text) return; // once a second is enough for words
        this.now.textContent = text;
        this.range.setAttribute("aria-valuetext", `${text} of ${clock(this.player.duration)}`);
    }

    playing() {
        const { playing } = this.player;
        this.main.setAttribute("aria-label", playing ? "Pause" : "Play");
        this.main.title = SILENCE[this.player.sound] ?? (playing ? "Pause (space)" : "Play (space)");
        this.main.replaceChildren(icon(playing ? "pause" : "play"));
    }

    speed() {
        this.rate.value = this.player.speed;
        keep("speed", this.player.speed);
    }

    /** Why nothing is to be heard, as long as that is so. The button stays where the focus may be. */
    sound() {
        const why = SILENCE[this.player.sound];
        this.main.setAttribute("aria-disabled", Boolean(why));
        this.silence.textContent = why ?? "";
        this.playing();
        this.now.textContent = why ? "no sound" : clock(this.player.moment);
    }
}

customElements.define("player-bar", PlayerBar);
