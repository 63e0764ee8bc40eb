// Elements without HTML: whatever text comes in stays text.

/** el("a", {class: "big", href: "#", onclick: f, "aria-label": "..."}, "text", child, null) */
export function el(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) {
            made.addEventListener(name.slice(2), value);
        } else if (value !== null && value !== undefined && value !== false) {
            made.setAttribute(name, value === true ? "" : String(value));
        }
    }
    made.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return made;
}

/** A button that holds an icon, or words, or both; `label` is its name where words do not say enough. */
export function button(attributes, ...children) {
    return el("button", { type: "button", ...attributes }, ...children);
}

/** Tells those above: told(this, "chosen", {files}). */
export function tell(from, name, detail = {}) {
    from.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

/** Words for screen readers alone. */
export function unseen(text) {
    return el("span", { class: "unseen" }, text);
}

export function calm() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
