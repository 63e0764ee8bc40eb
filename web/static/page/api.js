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

/** asking: called with what was refused where a key is needed, or another one; true once there is one. */
export function onMissingKey(asking) {
    askForKey = asking;
}

/** Whether there is a key now, or another one, for what was refused without. */
export async function anotherKey(refused) {
    return (refused.status === 401 || refused.code === "missing_scope") && askForKey(refused);
}

/** The answer of a route. Paths are relative, so that the page works below any address. Raises Refused, Unreachable. */
export async function ask(path, { method = "GET", json, form, headers = {} } = {}) {
    const body = json === undefined ? form : JSON.stringify(json);
    if (json !== undefined) headers = { ...headers, "Content-Type": "application/json" };
    const answer = await reached(path, { method, body, headers });
    if (answer.ok) return answer;
    const refused = await refusal(answer);
    if (path !== "session" && (await anotherKey(refused))) return ask(path, { method, json, form, headers });
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
        throw unreachable();
    }
}

/** What to raise where nobody answers; the whole page is told. */
function unreachable() {
    window.dispatchEvent(new Event("unreachable"));
    return new Unreachable();
}

async function refusal(answer) {
    try {
        return new Refused(answer.status, (await answer.json()).error);
    } catch {
        return new Refused(answer.status); // a proxy's page, say
    }
}

/**
 * A recording on its way: onSent(0..1). Resolves to the job; `signal` stops it. What is refused has `retryAfter`, in s,
 * 0 where the service does not say.
 */
export function send(form, onSent, signal) {
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest(); // fetch cannot tell how much was sent
        request.open("POST", "jobs");
        request.responseType = "json";
        request.upload.onprogress = (event) => event.lengthComputable && onSent(event.loaded / event.total);
        request.onerror = () => reject(unreachable());
        request.onabort = () => reject(new DOMException("Stopped.", "AbortError"));
        request.onload = () => {
            if (request.status === 202) return resolve(request.response);
            const refused = new Refused(request.status, request.response?.error);
            refused.retryAfter = Number(request.getResponseHeader("Retry-After"));
            reject(refused);
        };
        signal?.addEventListener("abort", () => request.abort());
        request.send(form);
    });
}
