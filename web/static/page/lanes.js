// One lane of colour for each speaker, drawn between two moments; where several speak at once a band goes across all.

import { clock } from "./clock.js";
import { overlaps } from "./figures.js";
import { sized } from "./waveform.js";

export const AXIS = 22; // px for the times below
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]; // s between two times
const SEEN = 0.1; // s: where turns only touch nobody hears two
const APART = 84; // px between two times, at least

/** {height, top, bar} of a lane in px; where it is narrow, names stand above the bars, else beside them. */
export function laneOf(speakers, narrow) {
    if (narrow) return { height: 34, top: 18, bar: 12 };
    return speakers <= 6 ? { height: 24, top: 4, bar: 16 } : { height: 17, top: 3, bar: 11 };
}

/** paint: {faint, rule, band, font, voices: [colour, ...]}; talk: whose turns; span: [start, end] in s. */
export function drawLanes(canvas, width, lane, talk, span, paint) {
    const { height } = lane;
    const brush = sized(canvas, width, height * talk.speakers.length + AXIS);
    const place = (moment) => ((moment - span[0]) / (span[1] - span[0])) * width;
    drawAxis(brush, width, height * talk.speakers.length, place, span, paint);
    drawBands(brush, talk, place, span, height, paint);
    for (const turn of talk.result.turns) {
        if (turn.end_time < span[0] || turn.start_time > span[1]) continue;
        const voice = talk.voice(turn.speaker);
        const [left, right] = [place(turn.start_time), place(turn.end_time)];
        brush.fillStyle = paint.voices[voice % paint.voices.length];
        brush.beginPath();
        brush.roundRect(
            left,
            voice * height + lane.top,
            Math.max(1.5, right - left),
            lane.bar,
            Math.min(4, (right - left) / 2),
        );
        brush.fill();
    }
}

function drawBands(brush, talk, place, span, height, paint) {
    brush.fillStyle = paint.band;
    for (const [start, end] of overlaps(talk.result.turns)) {
        if (end < span[0] || start > span[1] || end - start < SEEN) continue;
        brush.fillRect(place(start), 0, Math.max(1, place(end) - place(start)), height * talk.speakers.length);
    }
}

function drawAxis(brush, width, top, place, span, paint) {
    const step = STEPS.find((one) => (one / (span[1] - span[0])) * width >= APART) ?? STEPS.at(-1);
    brush.font = `12px ${paint.font}`;
    for (let moment = Math.ceil(span[0] / step) * step; moment <= span[1]; moment += step) {
        const left = place(moment);
        brush.fillStyle = paint.rule;
        brush.fillRect(left, 0, 1, top + 4);
        if (left > width - 40) continue;
        brush.fillStyle = paint.faint;
        brush.fillText(clock(moment), left, top + 18);
    }
}
