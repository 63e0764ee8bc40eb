// Asks who somebody is: a dialog with the speakers of a conversation to choose from.

import { button, el, unseen } from "./dom.js";
import { icon } from "./icons.js";

const VOICES = 8;

/**
 * Resolves to {speaker, scope}, or null where nobody was chosen. speaker: null for somebody new. speakers: [[name,
 * voice], ...]; scopes: [[value, text], ...], of which one is chosen too; newcomer: whether it may be somebody new.
 */
export function choosePerson({ title, quote = "", speakers, scopes = [], newcomer = false }) {
    return new Promise((resolve) => {
        let answer = null;
        const finish = (speaker) => {
            answer = { speaker, scope: dialog.querySelector("input[name=scope]:checked")?.value };
            dialog.close();
        };
        const people = speakers.map(([name, voice]) => {
            const chip = el("span", { class: "chip", "aria-hidden": "true" }, String(voice + 1));
            const choose = button(
                { class: "person", "data-voice": voice % VOICES, onclick: () => finish(name) },
                chip,
                name,
            );
            return el("li", {}, choose);
        });
        if (newcomer) {
            const chip = el("span", { class: "chip" }, icon("add"));
            people.push(el("li", {}, button({ class: "person", onclick: () => finish(null) }, chip, "Somebody new")));
        }
        const close = button(
            { class: "quiet icon-only", "aria-label": "Close", onclick: () => dialog.close() },
            icon("close"),
        );
        const dialog = el(
            "dialog",
            { class: "sheet", "aria-labelledby": "people-title" },
            el("div", { class: "title" }, el("h2", { id: "people-title" }, title), close),
            quote ? el("blockquote", { dir: "auto" }, quote) : null,
            scopes.length > 1 ? scopeField(scopes) : null,
            el("ul", { class: "people" }, ...people),
        );
        dialog.addEventListener("keydown", (event) => {
            const chosen = speakers.find(([, voice]) => event.key === String(voice + 1));
            if (!chosen) return;
            event.stopPropagation(); // the dialog is closed by then, and the page has keys of its own
            finish(chosen[0]);
        });
        dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(answer);
        });
        document.body.append(dialog);
        dialog.showModal();
        dialog.querySelector(".person")?.focus();
    });
}

function scopeField(scopes) {
    const choices = scopes.map(([value, text], place) =>
        el(
            "label",
            {},
            el("input", { type: "radio", name: "scope", value, ...(place ? {} : { checked: true }) }),
            el("span", {}, text),
        ),
    );
    return el("fieldset", { class: "scopes" }, el("legend", {}, unseen("How much of it")), ...choices);
}
