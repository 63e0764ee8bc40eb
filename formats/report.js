"use strict";
// Plays the recording that the reader chooses from their disk; it goes nowhere else.
const audio = document.querySelector("audio");
const chooser = document.querySelector("input[type=file]");
const hint = document.querySelector("[role=status]");
const words = [...document.querySelectorAll("[data-s]")];
const starts = words.map((word) => Number(word.dataset.s));
const buttons = [...document.querySelectorAll("article button")];
const moments = buttons.map((button) => Number(button.dataset.at));
const lanes = [...document.querySelectorAll(".lane svg")];
// By time: people who speak at once have their words one segment after the other.
const order = starts.map((_, index) => index).sort((a, b) => starts[a] - starts[b]);
let spoken = null;
let source = null;
let frame = 0;

/** How many of the sorted moments have come by then. */
function passed(sorted, at) {
    let low = 0,
        high = sorted.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (sorted[middle] <= at) low = middle + 1;
        else high = middle;
    }
    return low;
}

const sortedStarts = order.map((index) => starts[index]);
const sortedMoments = [...moments].sort((a, b) => a - b);

function choose(file) {
    if (!file) return;
    if (source) URL.revokeObjectURL(source);
    source = URL.createObjectURL(file);
    audio.src = source;
    hint.textContent = "";
}

function seek(at) {
    if (!audio.src) {
        hint.textContent = "Choose the recording first, to hear this.";
        chooser.focus();
        return false;
    }
    audio.currentTime = at;
    return true;
}

function play(at) {
    if (seek(at)) audio.play().catch(() => {});
}

function follow() {
    const at = audio.currentTime;
    const index = order[passed(sortedStarts, at + 0.001) - 1];
    const word = index !== undefined && at < Number(words[index].dataset.e) + 0.25 ? words[index] : null;
    if (word !== spoken) {
        spoken?.classList.remove("spoken");
        word?.classList.add("spoken");
        spoken = word;
    }
    for (const lane of lanes) {
        const line = lane.querySelector(".now");
        line.setAttribute("x1", at);
        line.setAttribute("x2", at);
    }
    cancelAnimationFrame(frame); // events call this, too: there is one chain of frames
    if (!audio.paused) frame = requestAnimationFrame(follow);
}

/** To the next segment, or the one before. */
function step(by) {
    const at = audio.currentTime;
    const index = by > 0 ? passed(sortedMoments, at + 0.01) : passed(sortedMoments, at - 1) - 1;
    if (sortedMoments[index] === undefined) return;
    seek(sortedMoments[index]);
    buttons[moments.indexOf(sortedMoments[index])].scrollIntoView({ block: "center" });
}

const KEYS = {
    " ": () => (audio.paused ? play(audio.currentTime) : audio.pause()),
    ArrowLeft: () => seek(Math.max(0, audio.currentTime - 5)),
    ArrowRight: () => seek(audio.currentTime + 5),
    n: () => step(1),
    p: () => step(-1),
};

document.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, audio")) return;
    if (event.key === " " && event.target.closest("button, summary")) return; // it presses those
    event.preventDefault();
    act();
});
document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-s], [data-at], .lane svg");
    if (!target) return;
    if (target.dataset.s) return play(Number(target.dataset.s));
    if (target.dataset.at) return play(Number(target.dataset.at));
    const box = target.getBoundingClientRect();
    play((target.viewBox.baseVal.width * (event.clientX - box.left)) / box.width);
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
    event.preventDefault();
    choose(event.dataTransfer.files[0]);
});
chooser.addEventListener("change", () => choose(chooser.files[0]));
audio.addEventListener("error", () => {
    if (audio.src) hint.textContent = "This browser cannot play that file.";
});
for (const name of ["play", "seeked", "timeupdate"]) audio.addEventListener(name, follow);
