// Seconds as people read them.

/** 75 -> "1:15", 3675 -> "1:01:15". */
export function clock(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const two = (number) => String(number).padStart(2, "0");
    return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** 75 -> "1 min 15 s": for screen readers, and where a clock would look like a moment. */
export function spoken(seconds) {
    const whole = Math.max(0, Math.round(seconds));
    const parts = [
        [Math.floor(whole / 3600), "h"],
        [Math.floor(whole / 60) % 60, "min"],
        [whole % 60, "s"],
    ].filter(([number]) => number);
    return parts.map(([number, unit]) => `${number} ${unit}`).join(" ") || "0 s";
}

/** "about 2 min left": no more exact than an estimate is. */
export function remaining(seconds) {
    if (seconds < 10) return "a few seconds left";
    if (seconds < 55) return `about ${Math.ceil(seconds / 10) * 10} s left`;
    return `about ${spoken(Math.ceil(seconds / 60) * 60)} left`;
}

/** moment: seconds since 1970. */
export function day(moment) {
    const then = new Date(moment * 1000);
    const time = then.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    if (then.toDateString() === new Date().toDateString()) return `today, ${time}`;
    return `${then.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}

/** What people type as a moment: "1:15" or "75" -> 75; null for anything else. */
export function readMoment(text) {
    if (!/^\d+(:\d{1,2}){0,2}(\.\d+)?$/.test(text ?? "")) return null;
    return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}
