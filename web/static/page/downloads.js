// The conversation to take along: every format that the service has, pictures, the sound, or text for the clipboard.

import { ask } from "./api.js";
import { button, el } from "./dom.js";
import { icon } from "./icons.js";
import { keep, kept } from "./kept.js";
import { say, warn } from "./notices.js";
import { formats, pictures } from "./offers.js";

// What people may not guess from the name; a format that is not here is shown by its name alone.
const ABOUT = {
    ass: "Coloured subtitles",
    csv: "Table",
    ctm: "Words with times",
    html: "Report with player",
    json: "All there is",
    md: "With headings",
    parquet: "Typed table",
    rttm: "Who speaks when",
    seglst: "For meeteval",
    srt: "Subtitles",
    stm: "For sclite",
    textgrid: "For Praat",
    tsv: "Table",
    txt: "Text",
    uem: "What is scored",
    vtt: "Web subtitles",
};
const WORDED = ["csv", "tsv", "parquet", "textgrid"]; // may have single words; JSON always has them here
const KINDS = {
    all: "All in one",
    mel: "Mel spectrogram",
    speakers: "Who speaks when",
    spectrogram: "Spectrogram",
    waveform: "Waveform",
};
const SAVED = 60000; // ms that browsers have to begin with saving
const ENDINGS = { seglst: "seglst.json", textgrid: "TextGrid" };

class DownloadMenu extends HTMLElement {
    start(talk) {
        this.talk = talk;
        this.panel = el("div", { class: "panel" });
        this.menu = el(
            "details",
            { class: "menu" },
            el("summary", { class: "secondary" }, icon("download"), "Download"),
            this.panel,
        );
        this.replaceChildren(this.menu);
        this.menu.addEventListener("toggle", () => this.menu.open && this.fill());
        this.menu.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
        this.ended = new AbortController();
        const outside = (event) => !this.contains(event.target) && (this.menu.open = false);
        document.addEventListener("pointerdown", outside, { signal: this.ended.signal });
    }

    disconnectedCallback() {
        this.ended?.abort();
    }

    close() {
        this.menu.open = false;
        this.menu.querySelector("summary").focus();
    }

    async fill() {
        if (this.panel.childElementCount) return;
        try {
            const [names, drawn] = await Promise.all([formats(), pictures()]);
            const { id } = this.talk.job;
            const conversation = this.group(
                "Conversation",
                names.map((name) => this.format(id, name)),
            );
            conversation.append(this.wordSwitch());
            this.panel.append(conversation);
            const kinds = [...new Set(drawn.flatMap((one) => one.kinds))];
            if (kinds.length)
                this.panel.append(
                    this.group(
                        "Pictures",
                        kinds.map((kind) => this.picture(id, drawn, kind)),
                    ),
                );
            this.panel.append(this.group("Recording", [this.sound(id)]));
        } catch (error) {
            this.menu.open = false;
            warn(error);
        }
    }

    group(title, links) {
        return el("section", {}, el("h2", {}, title), el("ul", {}, ...links.map((link) => el("li", {}, link))));
    }

    format(id, name) {
        const words = name === "json" || (WORDED.includes(name) && kept("words", false)) ? "&words=true" : "";
        const address = `jobs/${id}/result?format=${encodeURIComponent(name)}${words}`;
        const link = this.link(address, name.toUpperCase(), ABOUT[name] ?? "", ENDINGS[name] ?? name);
        if (WORDED.includes(name)) link.dataset.worded = name;
        return link;
    }

    wordSwitch() {
        const wanted = el("input", { type: "checkbox", checked: kept("words", false) });
        wanted.addEventListener("change", () => {
            keep("words", wanted.checked);
            for (const link of this.panel.querySelectorAll("[data-worded]")) {
                link.replaceWith(this.format(this.talk.job.id, link.dataset.worded));
            }
        });
        return el("label", { class: "switch" }, wanted, "Single words in tables and TextGrids");
    }

    /** Hours of it are too much to be held by the page: the browser saves it by itself, once it is known to be there. */
    sound(id) {
        const link = this.link(`jobs/${id}/audio`, "WAV", "The sound", "wav", async () => {
            await ask(link.href, { method: "HEAD" });
            save(link.href, link.download);
        });
        return link;
    }

    /** A picture may be had in several formats: a row with a link to each. */
    picture(id, drawn, kind) {
        const links = drawn
            .filter((one) => one.kinds.includes(kind))
            .map(({ path }) => {
                const ending = path.split(".").at(-1);
                const href = `${path.replace("{id}", id)}?kind=${encodeURIComponent(kind)}`;
                const name = `${plainTitle(this.talk.title)}.${kind}.${ending}`;
                const label = `${ending.toUpperCase()}, ${KINDS[kind] ?? kind}`;
                return saving(
                    el("a", { href, download: name, class: "format", "aria-label": label }, ending.toUpperCase()),
                );
            });
        return el("span", { class: "picture" }, el("span", { class: "faint" }, KINDS[kind] ?? kind), ...links);
    }

    link(href, name, about, ending, get = undefined) {
        const download = `${plainTitle(this.talk.title)}.${ending}`;
        return saving(
            el("a", { href, download }, el("span", { class: "format" }, name), el("span", { class: "faint" }, about)),
            get,
        );
    }
}

customElements.define("download-menu", DownloadMenu);

/** A link that says on the page why there is nothing to save; browsers by themselves say little. */
function saving(link, get = () => fetched(link)) {
    link.addEventListener("click", async (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        if (link.ariaBusy === "true") return; // it is on its way
        link.ariaBusy = "true";
        try {
            await get();
        } catch (error) {
            warn(error);
        }
        link.ariaBusy = "false";
    });
    return link;
}

async function fetched(link) {
    const address = URL.createObjectURL(await (await ask(link.href)).blob());
    save(address, link.download);
    setTimeout(() => URL.revokeObjectURL(address), SAVED);
}

function save(href, download) {
    el("a", { href, download }).click();
}

function plainTitle(title) {
    return title.replace(/\.[A-Za-z0-9]{1,5}$/, "").replace(/[\\/:*?"<>|\p{C}]/gu, "_") || "conversation";
}

export function copyButton(talk) {
    const copy = async () => {
        try {
            await toClipboard(await (await ask(`jobs/${talk.job.id}/result?format=txt`)).text());
            say("The conversation is copied as text.");
        } catch (error) {
            warn(error);
        }
    };
    return button({ class: "secondary", onclick: copy }, icon("copy"), "Copy text");
}

/** Over plain http from elsewhere browsers give pages no clipboard, but still copy what is selected. */
export async function toClipboard(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const field = el("textarea", { class: "unseen", "aria-hidden": "true" });
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) throw new Error("The browser does not let this page copy.");
}
