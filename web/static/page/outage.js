// Says that the server does not answer, asks again by itself, and tells "reachable" when it is back.

import { button, el } from "./dom.js";

const FIRST = 1000; // ms until the first question; then twice as long each time, up to
const LONGEST = 8000;

class OutageBar extends HTMLElement {
    connectedCallback() {
        this.hidden = true;
        this.setAttribute("role", "alert");
        window.addEventListener("unreachable", () => this.hidden && this.begin());
        window.addEventListener("answered", () => !this.hidden && this.end());
        window.addEventListener("online", () => !this.hidden && this.look());
    }

    begin() {
        this.hidden = false;
        this.pause = FIRST;
        const text = "The server does not answer. This page keeps trying, and goes on where it was.";
        this.replaceChildren(el("p", {}, text), button({ onclick: () => this.look() }, "Try now"));
        this.later();
    }

    later() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.look(), this.pause);
        this.pause = Math.min(2 * this.pause, LONGEST);
    }

    async look() {
        try {
            await fetch("status", { cache: "no-store" }); // whatever it says, it is there
        } catch {
            return this.later();
        }
        this.end();
    }

    end() {
        clearTimeout(this.timer);
        this.hidden = true;
        window.dispatchEvent(new Event("reachable"));
    }
}

customElements.define("outage-bar", OutageBar);
