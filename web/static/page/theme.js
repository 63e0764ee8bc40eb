// Light, dark, or as the system has it.

import { button, tell } from "./dom.js";
import { icon } from "./icons.js";
import { keep, kept } from "./kept.js";

const THEMES = { system: "As the system", light: "Light", dark: "Dark" };

export function applyTheme(theme = kept("theme", "system")) {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
}

class ThemeSwitch extends HTMLElement {
    connectedCallback() {
        this.show(kept("theme", "system"));
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => tell(this, "recoloured"));
    }

    show(theme) {
        const names = Object.keys(THEMES);
        const next = names[(names.indexOf(theme) + 1) % names.length];
        const label = `Colours: ${THEMES[theme]}. Change to: ${THEMES[next]}`;
        const made = button({
            class: "quiet icon-only",
            "aria-label": label,
            title: label,
            onclick: () => this.choose(next),
        });
        made.append(icon(theme));
        this.replaceChildren(made);
    }

    choose(theme) {
        keep("theme", theme);
        applyTheme(theme);
        this.show(theme);
        this.firstElementChild.focus();
        tell(this, "recoloured");
    }
}

customElements.define("theme-switch", ThemeSwitch);
