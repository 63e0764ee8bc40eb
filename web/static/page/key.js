// Asks for an API key where the service wants one. The key becomes a cookie that scripts cannot read.

import { Refused, ask, onMissingKey } from "./api.js";
import { button, el } from "./dom.js";

class KeyDialog extends HTMLElement {
    connectedCallback() {
        this.waiting = null;
        onMissingKey(() => this.request());
    }

    /** True once there is a key. Whoever asks meanwhile waits for the same answer. */
    request() {
        this.waiting ??= new Promise((resolve) => {
            this.done = resolve;
            this.show();
        });
        return this.waiting;
    }

    show() {
        this.field = el("input", { type: "password", id: "key-field", autocomplete: "current-password", required: true });
        this.fault = el("p", { class: "fault", role: "alert" });
        this.dialog = el(
            "dialog",
            { "aria-labelledby": "key-title", oncancel: (event) => event.preventDefault() },
            el(
                "form",
                { onsubmit: (event) => this.send(event) },
                el("h2", { id: "key-title" }, "This service wants a key"),
                el("p", {}, "Whoever runs it makes one with "),
                el("label", { for: "key-field" }, "API key"),
                this.field,
                this.fault,
                el("p", { class: "actions" }, button({ type: "submit", class: "primary" }, "Continue")),
            ),
        );
        this.dialog.querySelector("p").append(el("code", {}, "python cli.py keys create NAME"), ".");
        this.replaceChildren(this.dialog);
        this.dialog.showModal();
    }

    async send(event) {
        event.preventDefault();
        try {
            await ask("session", { method: "POST", json: { key: this.field.value.trim() } });
        } catch (error) {
            this.fault.textContent = error instanceof Refused && error.status === 401 ? "This key is not good here." : error.message;
            this.field.select();
            return;
        }
        this.dialog.close();
        this.replaceChildren();
        this.waiting = null;
        this.done(true);
    }
}

customElements.define("key-dialog", KeyDialog);
