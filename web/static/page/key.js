// Asks for an API key where the service wants one, or another one. The key becomes a cookie that scripts cannot read.

import { Refused, ask, askJson, onMissingKey } from "./api.js";
import { button, el } from "./dom.js";
import { icon } from "./icons.js";
import { warn } from "./notices.js";

class KeyDialog extends HTMLElement {
    connectedCallback() {
        this.waiting = null;
        onMissingKey((refused) => this.request(refused));
    }

    /** True once there is a key, false where nobody gives one. Whoever asks meanwhile waits for the same answer. */
    request(refused) {
        if (refused.code !== "missing_scope") return this.show("This service wants a key", this.origin());
        return this.show("This key may not do that", [refused.message, " Another key may do it."]);
    }

    /** For whoever wants to. name: of the key that there is, or null. */
    change(name) {
        if (!name) return this.show("This service wants a key", this.origin());
        const forget = button({ class: "secondary", onclick: () => this.forget() }, "Sign out");
        return this.show(
            "The key of this page",
            [`It is called ${name}. Give another one, or have this browser forget it.`],
            forget,
        );
    }

    origin() {
        return ["Whoever runs it makes one with ", el("code", {}, "python cli.py keys create NAME"), "."];
    }

    show(title, text, more = null) {
        this.waiting ??= new Promise((resolve) => {
            this.build(title, text, more);
            this.given = false;
            this.dialog.addEventListener("close", () => {
                this.replaceChildren();
                this.waiting = null;
                resolve(this.given);
            });
            this.dialog.showModal();
        });
        return this.waiting;
    }

    build(title, text, more) {
        this.field = el("input", {
            type: "password",
            id: "key-field",
            autocomplete: "current-password",
            required: true,
        });
        this.fault = el("p", { class: "fault", role: "alert" });
        const later = button({ class: "quiet", onclick: () => this.dialog.close() }, "Not now");
        const form = el(
            "form",
            { onsubmit: (event) => this.send(event) },
            el("h2", { id: "key-title" }, title),
            el("p", {}, ...text),
            el("label", { for: "key-field" }, "API key"),
            this.field,
            this.fault,
            el("p", { class: "actions" }, button({ type: "submit", class: "primary" }, "Continue"), more, later),
        );
        this.dialog = el("dialog", { "aria-labelledby": "key-title" }, form);
        this.replaceChildren(this.dialog);
    }

    async send(event) {
        event.preventDefault();
        try {
            await ask("session", { method: "POST", json: { key: this.field.value.trim() } });
        } catch (error) {
            this.fault.textContent =
                error instanceof Refused && error.status === 401 ? "This key is not good here." : error.message;
            this.field.select();
            return;
        }
        this.given = true;
        this.dialog.close();
        window.dispatchEvent(new Event("signed-in"));
    }

    /** Nothing that was shown for that key stays on the screen. */
    async forget() {
        try {
            await ask("session", { method: "DELETE" });
        } catch (error) {
            this.fault.textContent = error.message;
            return;
        }
        history.replaceState(null, "", location.pathname);
        location.reload();
    }
}

/** To change the key, or to have it forgotten; there only where keys are needed. */
class KeyButton extends HTMLElement {
    connectedCallback() {
        this.hidden = true;
        const label = "Change the key or sign out";
        const change = { class: "quiet icon-only", "aria-label": label, title: label, onclick: () => this.change() };
        this.append(button(change, icon("key")));
        for (const name of ["signed-in", "reachable"]) window.addEventListener(name, () => this.look());
        this.look();
    }

    async look() {
        try {
            this.session = await askJson("session");
        } catch (error) {
            return error; // it is asked again once the server answers
        }
        this.hidden = !this.session.needed;
        return null;
    }

    /** What another key may see is read anew; without one before, "signed-in" has told those that wait. */
    async change() {
        const failed = await this.look();
        if (failed) return warn(failed);
        const { valid, name } = this.session;
        if ((await document.querySelector("key-dialog").change(valid ? name : null)) && valid) location.reload();
    }
}

customElements.define("key-dialog", KeyDialog);
customElements.define("key-button", KeyButton);
