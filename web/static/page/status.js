// Whether the service can work now: nothing to see while it can.

import { el } from "./dom.js";

const PAUSE = 2500; // ms while it cannot

class ServiceStatus extends HTMLElement {
    connectedCallback() {
        this.setAttribute("role", "status");
        window.addEventListener("reachable", () => this.look());
        this.look();
    }

    async look() {
        clearTimeout(this.timer);
        try {
            this.show(await (await fetch("status", { cache: "no-store" })).json());
        } catch {
            window.dispatchEvent(new Event("unreachable"));
        }
    }

    show(status) {
        this.hidden = status.status === "ready";
        if (this.hidden) return;
        const loading = status.status === "loading";
        const text = loading
            ? "The models are being loaded. What you send now is done as soon as they are there."
            : "Recordings cannot be worked on now.";
        const lines = [text, ...status.errors];
        if (this.textContent !== lines.join("")) this.replaceChildren(...lines.map((line) => el("p", {}, line)));
        this.classList.toggle("bad", !loading);
        this.timer = setTimeout(() => this.look(), PAUSE);
    }
}

customElements.define("service-status", ServiceStatus);
