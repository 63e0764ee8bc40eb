// Whoever leaves the page while something of theirs would be lost by it is asked first.

const holding = new Set();

/** owner: whatever would be lost; until `release(owner)`. */
export function hold(owner) {
    if (!holding.size) window.addEventListener("beforeunload", ask);
    holding.add(owner);
}

export function release(owner) {
    holding.delete(owner);
    if (!holding.size) window.removeEventListener("beforeunload", ask); // browsers keep pages better without
}

function ask(event) {
    event.preventDefault();
}
