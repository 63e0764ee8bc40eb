// What this browser remembers of how somebody likes the page. Where it may remember nothing, the page works without.

export function kept(name, otherwise) {
    try {
        return JSON.parse(localStorage.getItem(`page.${name}`)) ?? otherwise;
    } catch {
        return otherwise;
    }
}

export function keep(name, value) {
    try {
        localStorage.setItem(`page.${name}`, JSON.stringify(value));
    } catch {
        // private windows, full or forbidden storage
    }
}
