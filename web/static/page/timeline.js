// The whole recording at a glance: waveform, a lane for each speaker, where we are. Press to go there, zoom to see more.

import { askJson } from "./api.js";
import { clock } from "./clock.js";
import { button, el } from "./dom.js";
import { icon } from "./icons.js";
import { drawLanes, laneOf } from "./lanes.js";
import { waveform } from "./waveform.js";

const CLOSEST = 8; // s that are shown at least
const PEAKS = 4000; // for each hour, and at least so many
const MOST_PEAKS = 20000;
const VOICES = 8;
const NARROW = "(max-width: 640px)"; // as in talk.css

class TimeLine extends HTMLElement {
    start(talk, player) {
        Object.assign(this, { talk, player, span: [0, Math.max(talk.result.duration, 0.1)] });
        this.build();
        this.drawWaveform();
        this.ended = new AbortController();
        const { signal } = this.ended;
        talk.addEventListener("changed", () => this.relabel(), { signal });
        player.addEventListener("moment", () => this.moment(), { signal });
        document.addEventListener("recoloured", () => this.recolour(), { signal });
        this.sizes = new ResizeObserver(() => this.draw());
        this.sizes.observe(this.stage);
        this.relabel();
    }

    disconnectedCallback() {
        this.ended?.abort();
        this.sizes?.disconnect();
        this.wave?.close();
    }

    build() {
        this.labels = el("ul", { class: "lane-names", "aria-label": "Lanes" });
        this.box = el("div", { class: "wave" });
        this.canvas = el("canvas", { class: "lanes" });
        this.head = el("div", { class: "head" });
        this.ghost = el("div", { class: "ghost", hidden: true }, el("span"));
        this.stage = el("div", { class: "stage", "aria-hidden": "true" }, this.box, this.canvas, this.ghost, this.head);
        this.wide = el("div");
        this.scroller = el(
            "div",
            { class: "scroller", tabindex: -1, role: "group", "aria-label": "Part of the recording that is shown" },
            this.wide,
        );
        this.scroller.addEventListener("scroll", () => this.scrolled());
        const zoom = (name, label, by) =>
            button(
                { class: "quiet icon-only", "aria-label": label, title: label, onclick: () => this.zoom(by) },
                icon(name),
            );
        this.tools = el(
            "div",
            { class: "zoom" },
            zoom("less", "Show more time", 2),
            zoom("add", "Show less time", 0.5),
        );
        this.replaceChildren(this.tools, this.labels, this.stage, this.scroller);
        this.press();
    }

    press() {
        const at = (event) => this.momentAt(event.offsetX - this.stage.clientLeft);
        this.stage.addEventListener("pointerdown", (event) => {
            if (event.button) return;
            this.stage.setPointerCapture(event.pointerId);
            this.player.seek(at(event));
        });
        this.stage.addEventListener("pointermove", (event) => {
            this.showGhost(at(event));
            if (this.stage.hasPointerCapture(event.pointerId)) this.player.seek(at(event));
        });
        this.stage.addEventListener("pointerleave", () => (this.ghost.hidden = true));
        this.stage.addEventListener("wheel", (event) => this.wheel(event, at(event)), { passive: false });
    }

    momentAt(left) {
        const [start, end] = this.span;
        return start + (left / this.stage.clientWidth) * (end - start);
    }

    showGhost(moment) {
        this.ghost.hidden = false;
        this.ghost.style.transform = `translateX(${this.placeOf(moment)}px)`;
        this.ghost.firstElementChild.textContent = clock(moment);
    }

    placeOf(moment) {
        const [start, end] = this.span;
        return ((moment - start) / (end - start)) * this.stage.clientWidth;
    }

    /** With Ctrl, or two fingers, it zooms where the pointer is; sideways it moves; else the page scrolls. */
    wheel(event, moment) {
        if (event.ctrlKey || event.metaKey) {
            event.preventDefault();
            this.zoom(Math.exp(event.deltaY / 200), moment);
        } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
            event.preventDefault();
            this.scroller.scrollLeft += event.deltaX;
        }
    }

    zoom(by, around = this.player.moment) {
        const [start, end] = this.span;
        const whole = Math.max(this.talk.result.duration, 0.1);
        const wide = Math.min(whole, Math.max(Math.min(CLOSEST, whole), (end - start) * by));
        const share = around >= start && around <= end ? (around - start) / (end - start) : 0.5;
        const middle = around >= start && around <= end ? around : (start + end) / 2;
        this.show(middle - share * wide, wide);
    }

    /** wide: s */
    show(start, wide) {
        const whole = Math.max(this.talk.result.duration, 0.1);
        const from = Math.min(Math.max(0, start), whole - wide);
        this.span = [from, from + wide];
        this.scroller.tabIndex = wide < whole ? 0 : -1;
        this.wide.style.width = `${(100 * whole) / wide}%`;
        this.setting = true; // the scroll event that follows is our own
        this.scroller.scrollLeft = (from / whole) * this.scroller.scrollWidth;
        requestAnimationFrame(() => (this.setting = false));
        this.draw();
    }

    scrolled() {
        if (this.setting) return;
        const whole = Math.max(this.talk.result.duration, 0.1);
        const wide = this.span[1] - this.span[0];
        const from = Math.min((this.scroller.scrollLeft / this.scroller.scrollWidth) * whole, whole - wide);
        this.span = [from, from + wide];
        this.draw();
    }

    relabel() {
        const { talk } = this;
        this.labels.replaceChildren(
            ...talk.speakers.map((speaker, voice) =>
                el("li", { "data-voice": voice % VOICES, title: speaker }, speaker),
            ),
        );
        this.draw();
    }

    draw() {
        cancelAnimationFrame(this.drawing);
        this.drawing = requestAnimationFrame(() => {
            if (!this.stage.clientWidth) return;
            const lane = laneOf(this.talk.speakers.length, matchMedia(NARROW).matches);
            this.style.setProperty("--lane", `${lane.height}px`);
            drawLanes(this.canvas, this.stage.clientWidth, lane, this.talk, this.span, this.paint());
            this.wave?.show(...this.span);
            this.moment();
        });
    }

    /** The colours of the theme, as canvas takes them. */
    paint() {
        if (this.painted) return this.painted;
        const probe = el("span", { class: "unseen" });
        this.append(probe);
        const resolved = (name) => {
            probe.style.color = `var(${name})`;
            return getComputedStyle(probe).color;
        };
        const voices = Array.from({ length: VOICES }, (_, voice) => resolved(`--voice-${voice}`));
        this.painted = {
            voices,
            faint: resolved("--faint"),
            rule: resolved("--rule"),
            band: resolved("--band"),
            font: getComputedStyle(this).fontFamily,
        };
        probe.remove();
        return this.painted;
    }

    recolour() {
        this.painted = null;
        this.wave?.recolour();
        this.draw();
    }

    moment() {
        const { moment, playing } = this.player;
        const [start, end] = this.span;
        const out = moment < start || moment > end;
        if (out && playing) return this.show(moment, end - start); // as pages are turned
        this.head.hidden = out;
        this.head.style.transform = `translateX(${this.placeOf(moment)}px)`;
    }

    async drawWaveform() {
        const count = Math.min(MOST_PEAKS, Math.max(PEAKS, Math.round((this.talk.result.duration / 3600) * PEAKS)));
        try {
            const peaks = await askJson(`jobs/${this.talk.job.id}/peaks?count=${count}`);
            if (!this.isConnected) return;
            const wave = await waveform(this.box, this.player.audio, peaks);
            if (!this.isConnected) return wave.close();
            this.wave = wave;
            this.draw();
        } catch {
            this.box.classList.add("without"); // the lanes say enough
        }
    }
}

customElements.define("time-line", TimeLine);
