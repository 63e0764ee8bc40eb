// Short notices at the edge of the page, read out by screen readers. Errors stay until they are closed.

import { button, el } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN = 5000; // ms

class NoticeList extends HTMLElement {
    connectedCallback() {
        this.setAttribute("role", "region");
        this.setAttribute("aria-label", "Notices");
        this.said = el("div", { role: "status", class: "notices" });
        this.warned = el("div", { role: "alert", class: "notices" });
        this.replaceChildren(this.warned, this.said);
    }

    /** action: {label, run}, such as an undo. */
    say(text, action = null) {
        const made = this.#notice("notice", text, action);
        this.said.replaceChildren(made);
        setTimeout(() => made.remove(), action ? 2 * SHOWN : SHOWN);
    }

    warn(text) {
        this.warned.replaceChildren(this.#notice("notice bad", text, null));
    }

    #notice(kind, text, action) {
        const made = el("div", { class: kind }, el("p", {}, text));
        if (action) {
            const run = () => {
                made.remove();
                action.run();
            };
            made.append(button({ class: "quiet", onclick: run }, action.label));
        }
        made.append(
            button({ class: "quiet icon-only", "aria-label": "Close", onclick: () => made.remove() }, icon("close")),
        );
        return made;
    }
}

customElements.define("notice-list", NoticeList);

export function say(text, action) {
    document.querySelector("notice-list").say(text, action);
}

/** error: whatever was thrown. What cannot be reached has a notice of its own (outage.js). */
export function warn(error) {
    if (error?.name === "Unreachable" || error?.constructor?.name === "Unreachable") return;
    document.querySelector("notice-list").warn(error.message ?? String(error));
}
