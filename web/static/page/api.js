// The service: one function that asks, and two ways for that to fail.

/** The service said no. code, field and message as its docs have them. */
export class Refused extends Error {
    constructor(status, error = {}) {
        super(error.message || `The server answered ${status}.`);
        Object.assign(this, { status, code: error.code ?? "", field: error.field ?? null });
    }
}

/** Nobody answers. */
export class Unreachable extends Error {
    constructor() {
        super("The server does not answer.");
    }
}

let askForKey = async () => false;

/** ask: called when a key is needed; true once there is one. */
export function onMissingKey(ask) {
    askForKey = ask;
}

/** The answer of a route. Paths are relative, so that the page works below any address. Raises Refused, Unreachable. */
export async function ask(path, { method = "GET", json, form, headers = {} } = {}) {
    const body = json === undefined ? form : JSON.stringify(json);
    if (json !== undefined) headers = { ...headers, "Content-Type": "application/json" };
    const answer = await reached(path, { method, body, headers });
    if (answer.ok) return answer;
    const refused = await refusal(answer);
    if (answer.status === 401 && path !== "session" && (await askForKey(refused))) {
        return ask(path, { method, json, form, headers });
    }
    throw refused;
}

export async function askJson(path, options) {
    return (await ask(path, options)).json();
}

async function reached(path, options) {
    try {
        const answer = await fetch(path, { cache: "no-store", ...options });
        window.dispatchEvent(new Event("answered"));
        return answer;
    } catch {
        window.dispatchEvent(new Event("unreachable"));
        throw new Unreachable();
    }
}

async function refusal(answer) {
    try {
        return new Refused(answer.status, (await answer.json()).error);
    } catch {
        return new Refused(answer.status); // a proxy's page, say
    }
}

/** A recording on its way: onSent(0..1). Resolves to the job; `signal` stops it. */
export function send(form, onSent, signal) {
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest(); // fetch cannot tell how much was sent
        request.open("POST", "jobs");
        request.responseType = "json";
        request.upload.onprogress = (event) => event.lengthComputable && onSent(event.loaded / event.total);
        request.onerror = () => reject(new Unreachable());
        request.onabort = () => reject(new DOMException("Stopped.", "AbortError"));
        request.onload = () =>
            request.status === 202 ? resolve(request.response) : reject(new Refused(request.status, request.response?.error));
        signal?.addEventListener("abort", () => request.abort());
        request.send(form);
    });
}
