// What the service should know or do with the recordings that are sent next.

import { el } from "./dom.js";
import { keep, kept } from "./kept.js";
import { knowsVoices, languages, profiles } from "./offers.js";

const MOST = 50; // speakers

class OptionsForm extends HTMLElement {
    connectedCallback() {
        this.summary = el("span", { class: "faint" });
        this.replaceChildren(
            el(
                "details",
                {},
                el("summary", {}, "Options", " ", this.summary),
                el(
                    "div",
                    { class: "fields" },
                    this.people(),
                    this.language(),
                    this.channels(),
                    this.profile(),
                    this.terms(),
                    this.identify(),
                ),
            ),
        );
        this.querySelector("details").addEventListener("toggle", (event) => event.target.open && this.offerNames());
        this.addEventListener("input", () => this.sum()); // as it is typed
        this.sum();
    }

    people() {
        this.count = el("select", { id: "option-people" });
        const choices = { found: "Find out", exactly: "Exactly", between: "Between" };
        this.count.append(...Object.entries(choices).map(([value, text]) => el("option", { value }, text)));
        this.exactly = numberField("How many", 2);
        this.least = numberField("At least", 1);
        this.most = numberField("At most", 6);
        const numbers = el(
            "span",
            { class: "numbers" },
            this.exactly,
            this.least,
            el("span", { class: "and" }, "and"),
            this.most,
        );
        this.count.addEventListener("change", () => this.showNumbers());
        this.numbers = numbers;
        this.showNumbers();
        return el(
            "div",
            { class: "field" },
            el("label", { for: "option-people" }, "People who speak"),
            this.count,
            numbers,
        );
    }

    showNumbers() {
        const how = this.count.value;
        this.exactly.hidden = how !== "exactly";
        this.least.hidden = this.most.hidden = this.numbers.querySelector(".and").hidden = how !== "between";
    }

    language() {
        this.spoken = el("select", { id: "option-language" }, el("option", { value: "" }, "Find out"));
        languages().then((all) => {
            this.spoken.append(...all.map(([code, name]) => el("option", { value: code }, name)));
            this.spoken.value = kept("language", "");
            if (this.spoken.selectedIndex < 0) this.spoken.value = "";
            this.sum();
        }, ignored);
        this.spoken.addEventListener("change", () => keep("language", this.spoken.value));
        return el("div", { class: "field" }, el("label", { for: "option-language" }, "Language"), this.spoken);
    }

    channels() {
        this.mode = el(
            "select",
            { id: "option-channels" },
            el("option", { value: "" }, "One recording of everybody"),
            el("option", { value: "per_channel" }, "One person on each channel"),
        );
        return el("div", { class: "field" }, el("label", { for: "option-channels" }, "Channels"), this.mode);
    }

    /** Only where there is a choice. */
    profile() {
        this.models = el("select", { id: "option-profile" }, el("option", { value: "" }, "The usual one"));
        const field = el(
            "div",
            { class: "field", hidden: true },
            el("label", { for: "option-profile" }, "Models"),
            this.models,
        );
        profiles().then((all) => {
            this.models.append(...all.map((name) => el("option", { value: name }, name)));
            field.hidden = !all.length;
        }, ignored);
        return field;
    }

    terms() {
        this.expected = el("input", {
            id: "option-terms",
            placeholder: "Names and terms, apart by commas",
            autocomplete: "off",
            spellcheck: "false",
        });
        return el("div", { class: "field" }, el("label", { for: "option-terms" }, "Words to expect"), this.expected);
    }

    /** Only where voices are known. */
    identify() {
        this.known = el("input", { type: "checkbox", id: "option-identify" });
        this.naming = el(
            "div",
            { class: "field check", hidden: true },
            this.known,
            el("label", { for: "option-identify" }, "Name people whose voices are known"),
        );
        return this.naming;
    }

    /** Asked when it is about to be seen, as others may make voices known at any time. */
    async offerNames() {
        try {
            this.naming.hidden = !(await knowsVoices());
        } catch (error) {
            return ignored(error);
        }
        if (this.naming.hidden) this.known.checked = false;
        this.sum();
    }

    /** [[name, value], ...] for the form that is sent. With one person on each channel nothing is to be counted. */
    fields() {
        const apart = this.mode.value === "per_channel";
        const how = apart ? "found" : this.count.value;
        const all = {
            num_speakers: how === "exactly" ? this.exactly.value : "",
            min_speakers: how === "between" ? this.least.value : "",
            max_speakers: how === "between" ? this.most.value : "",
            language: this.spoken.value,
            channels: this.mode.value,
            profile: this.models.value,
            keyterms: this.expected.value.trim(),
            identify: this.known.checked ? "true" : "",
        };
        return Object.entries(all).filter(([, value]) => value);
    }

    /** What is chosen, in a line beside the heading: nobody must open it to see. */
    sum() {
        const people = {
            found: "",
            exactly: `${this.exactly.value} people`,
            between: `${this.least.value}–${this.most.value} people`,
        };
        const apart = this.mode.value === "per_channel";
        this.count.disabled = apart;
        const said = [
            apart ? "" : people[this.count.value],
            this.spoken.value && this.spoken.selectedOptions[0].textContent,
            apart && "a person on each channel",
            this.models.value,
            this.expected.value.trim() && "words to expect",
            this.known.checked && "names of known voices",
        ];
        this.summary.textContent = said.filter(Boolean).join(" · ") || "people and language are found out";
    }
}

/** Without the service's word there is one choice less; uploads do not wait for it. */
function ignored() {}

function numberField(label, value) {
    return el("input", { type: "number", min: 1, max: MOST, value, "aria-label": label });
}

customElements.define("options-form", OptionsForm);
