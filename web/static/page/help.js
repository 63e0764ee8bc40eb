// The dialog behind "?": keys, and what else is good to know.

import { button, el } from "./dom.js";
import { icon } from "./icons.js";
import { KEYS, keysWanted, wantKeys } from "./keyboard.js";

export function showHelp() {
    if (document.querySelector("dialog[open]")) return;
    const wanted = el("input", { type: "checkbox", checked: keysWanted() });
    wanted.addEventListener("change", () => wantKeys(wanted.checked));
    const close = button(
        { class: "quiet icon-only", "aria-label": "Close", onclick: () => dialog.close() },
        icon("close"),
    );
    const rows = KEYS.map(([keys, what]) =>
        el(
            "tr",
            {},
            el("th", { scope: "row" }, ...keys.split(" ").map((key) => el("kbd", {}, key))),
            el("td", {}, what),
        ),
    );
    const dialog = el(
        "dialog",
        { class: "sheet help", "aria-labelledby": "help-title" },
        el("div", { class: "title" }, el("h2", { id: "help-title" }, "Keys and hints"), close),
        el("table", {}, el("tbody", {}, ...rows)),
        el("label", { class: "switch" }, wanted, "Letters and digits are shortcuts"),
        el(
            "ul",
            { class: "hints" },
            el("li", {}, "Press a word to hear it. Select several to say who says them."),
            el(
                "li",
                {},
                "Dotted words are doubtful: C goes from one to the next and says why, as the pointer does over one.",
            ),
            el("li", {}, "In the timeline, Ctrl and the wheel zoom. A grey band marks where several speak at once."),
            el("li", {}, "Programs use the same service: see ", el("a", { href: "docs" }, "its API"), "."),
        ),
    );
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
}
