// What people put right: whose words are whose, names, how many speak. Each says what it did and how to take it back.

import { say, warn } from "./notices.js";
import { choosePerson } from "./people.js";

const QUOTED = 160; // letters

export class Edits {
    constructor(talk) {
        this.talk = talk;
    }

    /** what: {segment, words: [first, last]}, or with the number of one word: {segment, word}. */
    async askWho({ segment, words = null, word = null }) {
        const { segments } = this.talk;
        const said = segments[segment];
        const last = (said.words?.length ?? 1) - 1;
        const scopes = scopesOf(said, words, word, last);
        const quote = words
            ? said.words
                  .slice(words[0], words[1] + 1)
                  .map((one) => one.text)
                  .join(" ")
            : said.text;
        const others = this.#people().filter(([name]) => name !== said.speaker);
        const title = words ? "Who says these words?" : "Who says this?";
        const chosen = await choosePerson({ title, quote: shortened(quote), speakers: others, scopes, newcomer: true });
        if (!chosen) return;
        const range = { words, word: [word, word], rest: [word, last], segment: null }[
            chosen.scope ?? (words ? "words" : "segment")
        ];
        await this.give(segment, chosen.speaker, range);
    }

    async give(segment, speaker, words = null) {
        const change = {
            edit: "reassign",
            segment,
            ...(speaker === null ? {} : { speaker }),
            ...(words ? { words } : {}),
        };
        await this.#make(
            () => this.talk.change(change),
            speaker === null ? "Given to somebody new." : `Given to ${speaker}.`,
        );
    }

    async rename(speaker, name) {
        if (name === speaker) return true;
        return this.#make(
            () => this.talk.change({ edit: "rename", speaker, name }),
            `${speaker} is called ${name} now.`,
        );
    }

    async askMerge(speaker) {
        const others = this.#people().filter(([name]) => name !== speaker);
        const chosen = await choosePerson({ title: `${speaker} is the same person as`, speakers: others });
        if (!chosen) return;
        const change = { edit: "merge", speaker, into: chosen.speaker };
        await this.#make(() => this.talk.change(change), `${speaker} and ${chosen.speaker} are one person now.`);
    }

    /** count: how many people speak; null to have it found. */
    async recluster(count) {
        const done = () =>
            `${this.talk.speakers.length} ${this.talk.speakers.length === 1 ? "person speaks" : "people speak"}.`;
        await this.#make(() => this.talk.recluster({ num_speakers: count }), done);
    }

    async undo() {
        if (!this.talk.wasChanged) return say("Nothing was changed here.");
        try {
            if (await this.talk.undo()) say("Taken back.");
        } catch (error) {
            warn(error);
        }
    }

    #people() {
        return this.talk.speakers.map((name, voice) => [name, voice]);
    }

    async #make(change, told) {
        try {
            if (!(await change())) return false;
            say(typeof told === "function" ? told() : told, { label: "Undo", run: () => this.undo() });
            return true;
        } catch (error) {
            warn(error);
            return false;
        }
    }
}

/** Of what is selected nothing is to be chosen; of a word: the segment, that word, or all from it on. */
function scopesOf(said, words, word, last) {
    if (words || word === null || last < 1) return [];
    const text = said.words[word].text;
    const scopes = [
        ["segment", "All of it"],
        ["word", `Only “${text}”`],
    ];
    if (word > 0 && word < last) scopes.push(["rest", `From “${text}” on`]);
    return scopes;
}

function shortened(text) {
    return text.length > QUOTED ? `${text.slice(0, QUOTED)} …` : text;
}
