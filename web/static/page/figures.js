// Who talks how much, and who cuts in: from the turns, whatever was understood. As formats/statistics.py has it.

const NOTICED = 250; // ms that two must speak at once before anybody is interrupted
const BREATH = 1000; // ms of silence within a turn at most

/**
 * [{speaker, seconds, share, turns, words, doubts, interrupts, interrupted}, ...] in the order of the speakers.
 * seconds: of speech; share: of everybody's; turns: with the pauses shorter than BREATH in which nobody else takes over;
 * interrupts: how often somebody begins while another speaks, and goes on when that one has stopped.
 */
export function figures(conversation, doubtful) {
    const found = new Map(conversation.speakers.map((speaker) => [speaker, blank(speaker)]));
    const parts = joined(conversation.turns.length ? conversation.turns : conversation.conversation);
    const turns = bridged(parts);
    for (const part of parts) found.get(part.speaker).seconds += (part.end - part.start) / 1000;
    for (const turn of turns) found.get(turn.speaker).turns += 1;
    for (const segment of conversation.conversation) {
        const own = found.get(segment.speaker);
        own.words += segment.words?.length ?? 0;
        own.doubts += (segment.words ?? []).filter(doubtful).length;
    }
    for (const [one, other] of interruptions(turns)) {
        found.get(one).interrupts += 1;
        found.get(other).interrupted += 1;
    }
    const all = [...found.values()];
    const total = all.reduce((sum, own) => sum + own.seconds, 0);
    for (const own of all) own.share = total ? own.seconds / total : 0;
    return all;
}

function blank(speaker) {
    return { speaker, seconds: 0, share: 0, turns: 0, words: 0, doubts: 0, interrupts: 0, interrupted: 0 };
}

/** {speaker, start, end} in whole ms, by start; turns of one speaker that overlap or meet are one. */
function joined(turns) {
    const last = new Map();
    const found = [];
    for (const turn of [...turns].sort((a, b) => a.start_time - b.start_time)) {
        const [start, end] = [Math.round(1000 * turn.start_time), Math.round(1000 * turn.end_time)];
        const own = last.get(turn.speaker);
        if (own && start <= own.end) own.end = Math.max(own.end, end);
        else if (start < end)
            found.push(last.set(turn.speaker, { speaker: turn.speaker, start, end }).get(turn.speaker));
    }
    return found;
}

/** Turns with the pauses that belong to them. parts: by their start. */
function bridged(parts) {
    const last = new Map();
    const found = [];
    let open = [];
    for (const { speaker, start, end } of parts) {
        open = open.filter((other) => other.end > start);
        const taken = open.some(
            (other) => other.start < start && other.speaker !== speaker && other.end - start >= NOTICED,
        );
        open.push({ speaker, start, end });
        const own = last.get(speaker);
        if (own && start - own.end < BREATH && !taken) own.end = end;
        else found.push(last.set(speaker, { speaker, start, end }).get(speaker));
    }
    return found;
}

/** Pairs of who interrupts and who is interrupted. turns: by their start. */
function interruptions(turns) {
    const found = [];
    let open = [];
    for (const turn of turns) {
        open = open.filter((other) => other.end > turn.start);
        for (const other of open) {
            const heard = other.start < turn.start && other.end - turn.start >= NOTICED;
            if (heard && turn.end > other.end) found.push([turn.speaker, other.speaker]);
        }
        open.push(turn);
    }
    return found;
}

/** Where several speak at once: [[start, end], ...]. */
export function overlaps(turns) {
    const edges = turns.flatMap((turn) => [
        [turn.start_time, 1],
        [turn.end_time, -1],
    ]);
    edges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const found = [];
    let speaking = 0;
    for (const [moment, step] of edges) {
        speaking += step;
        if (speaking === 2 && step === 1) found.push([moment, moment]);
        if (speaking === 1 && step === -1) found.at(-1)[1] = moment;
    }
    return found;
}
