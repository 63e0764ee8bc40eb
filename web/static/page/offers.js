// What this service offers, from its own description: nothing of it is written down in the page.

import { askJson } from "./api.js";

let description = null;

async function described() {
    description ??= askJson("openapi.json").catch((error) => {
        description = null; // to be asked again
        throw error;
    });
    return description;
}

function parameter(document, path, name) {
    const found = document.paths[path]?.get?.parameters?.find((one) => one.name === name);
    return found?.schema?.enum ?? [];
}

/** Names of the formats that a result can be had in. */
export async function formats() {
    return parameter(await described(), "/jobs/{id}/result", "format");
}

/** [{path, kinds}, ...]: pictures of a job, if the service draws any; path: with {id}. */
export async function pictures() {
    const document = await described();
    const paths = Object.keys(document.paths).filter((path) => path.startsWith("/jobs/{id}/plot"));
    return paths.map((path) => ({ path: path.slice(1), kinds: parameter(document, path, "kind") }));
}

/** [[code, name], ...] by name. */
export async function languages() {
    const document = await described();
    const form = document.paths["/jobs"].post.requestBody.content["multipart/form-data"].schema;
    const properties = form.properties ?? document.components.schemas[form.$ref.split("/").at(-1)].properties;
    const names = new Intl.DisplayNames([navigator.language, "en"], { type: "language" });
    const named = (properties.language?.enum ?? []).map((code) => [code, nameOf(names, code)]);
    return named.sort((a, b) => a[1].localeCompare(b[1]));
}

export function nameOf(names, code) {
    try {
        return names.of(code);
    } catch {
        return code;
    }
}

/** Names of the profiles that a request may choose instead of the usual one. */
export async function profiles() {
    const status = await (await fetch("status", { cache: "no-store" })).json(); // also while it is 503
    return status.profiles.filter((name) => name !== status.profile && name !== "auto");
}

/** Whether there is anybody whose voice is known to this caller. */
export async function knowsVoices() {
    return (await askJson("speakers?limit=1")).speakers.length > 0;
}
