// Finds a text in the conversation and goes from one place to the next.

import { button, el, tell } from "./dom.js";
import { icon } from "./icons.js";
import { find } from "./words.js";

class TalkSearch extends HTMLElement {
    start(talk) {
        this.talk = talk;
        this.found = [];
        this.field = el("input", {
            type: "search",
            placeholder: "Search",
            "aria-label": "Search what was said",
            autocomplete: "off",
        });
        this.count = el("span", { class: "faint count", role: "status" });
        const step = (name, label, by) =>
            button(
                { class: "quiet icon-only", "aria-label": label, title: label, onclick: () => this.step(by) },
                icon(name),
            );
        this.steps = el(
            "span",
            { class: "steps", hidden: true },
            step("back", "Place before", -1),
            step("forward", "Next place", 1),
        );
        this.replaceChildren(icon("search"), this.field, this.count, this.steps);
        this.field.addEventListener("input", () => this.search());
        this.field.addEventListener("keydown", (event) => this.key(event));
        talk.addEventListener("changed", () => this.field.value && this.again());
    }

    search() {
        this.found = find(this.talk.segments, this.field.value);
        this.current = 0;
        this.show();
    }

    /** After an edit: the same place is looked at, and nobody is taken back to it. */
    again() {
        this.found = find(this.talk.segments, this.field.value);
        this.current = Math.max(0, Math.min(this.current, this.found.length - 1));
        this.show(false);
    }

    key(event) {
        if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
        if (event.key === "Escape") {
            this.field.value = "";
            this.search();
            this.field.blur();
        }
    }

    step(by) {
        if (!this.found.length) return;
        this.current = (this.current + by + this.found.length) % this.found.length;
        this.show();
    }

    /** reveal: whether the place comes into view. */
    show(reveal = true) {
        const wanted = this.field.value.trim();
        this.count.textContent = !wanted
            ? ""
            : this.found.length
              ? `${this.current + 1} of ${this.found.length}`
              : "not found";
        this.steps.hidden = this.found.length < 2;
        tell(this, "found", { hits: this.found, current: this.current, reveal });
    }
}

customElements.define("talk-search", TalkSearch);
