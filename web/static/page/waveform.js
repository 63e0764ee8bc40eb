// How loud it is over time, between two moments: by wavesurfer.js where it is installed, else by a few lines here.

const BAR = 2; // px
const GAP = 1;
const HEIGHT = 64; // px

/** Draws into `box`. peaks: as GET /jobs/ID/peaks answers. Returns {show(start, end), recolour(), close()}. */
export async function waveform(box, audio, peaks) {
    try {
        const { default: WaveSurfer } = await import("./vendor/wavesurfer.js");
        return await bySurfer(WaveSurfer, box, audio, peaks);
    } catch {
        return byCanvas(box, audio, peaks);
    }
}

async function bySurfer(WaveSurfer, box, audio, peaks) {
    const surfer = WaveSurfer.create({
        container: box,
        media: audio,
        peaks: peaks.channels,
        duration: peaks.duration,
        height: HEIGHT,
        normalize: true,
        interact: false, // the timeline around it is what people press
        hideScrollbar: true,
        autoScroll: false,
        cursorWidth: 0,
        barWidth: BAR,
        barGap: GAP,
        barRadius: BAR,
        cspNonce: document.querySelector("meta[name=style-nonce]")?.content,
        ...colours(box),
    });
    await new Promise((resolve) => surfer.once("ready", resolve));
    if (audio.currentTime) surfer.setTime(audio.currentTime); // where an address led before
    let shown = 0; // px for each second
    return {
        show(start, end) {
            const scale = box.clientWidth / (end - start);
            if (Math.abs(scale - shown) > 1e-6) surfer.zoom((shown = scale));
            surfer.setScrollTime(start);
        },
        recolour: () => surfer.setOptions(colours(box)),
        close: () => surfer.destroy(),
    };
}

function colours(box) {
    const style = getComputedStyle(box);
    return { waveColor: style.color, progressColor: style.outlineColor };
}

function byCanvas(box, audio, peaks) {
    const canvas = document.createElement("canvas");
    box.replaceChildren(canvas);
    let span = [0, peaks.duration];
    const loud = loudness(peaks.channels);
    const draw = () => drawBars(canvas, box, audio.currentTime, { loud, duration: peaks.duration }, span);
    audio.addEventListener("timeupdate", draw);
    audio.addEventListener("seeking", draw);
    return {
        show(start, end) {
            span = [start, end];
            draw();
        },
        recolour: draw,
        close() {
            audio.removeEventListener("timeupdate", draw);
            audio.removeEventListener("seeking", draw);
        },
    };
}

/** From 0 to 1, of the loudest channel at each place. */
function loudness(channels) {
    const most = (channels[0] ?? []).map((_, place) =>
        channels.reduce((loud, channel) => Math.max(loud, channel[place]), 0),
    );
    const loudest = most.reduce((loud, one) => Math.max(loud, one), 1e-3);
    return most.map((one) => one / loudest);
}

function drawBars(canvas, box, moment, { loud, duration }, [start, end]) {
    const brush = sized(canvas, box.clientWidth, HEIGHT);
    const { waveColor, progressColor } = colours(box);
    const step = ((end - start) * (BAR + GAP)) / box.clientWidth; // s
    for (let bar = 0; bar * (BAR + GAP) < box.clientWidth; bar += 1) {
        const from = start + bar * step;
        const first = Math.floor((from / duration) * loud.length);
        const last = Math.max(first + 1, Math.ceil(((from + step) / duration) * loud.length));
        const height = Math.max(1, Math.max(0, ...loud.slice(first, last)) * HEIGHT);
        brush.fillStyle = from < moment ? progressColor : waveColor;
        brush.fillRect(bar * (BAR + GAP), (HEIGHT - height) / 2, BAR, height);
    }
}

/** A canvas as sharp as the screen, to be drawn on in px of the page. */
export function sized(canvas, width, height) {
    const fine = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * fine);
    canvas.height = Math.round(height * fine);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const brush = canvas.getContext("2d");
    brush.scale(fine, fine);
    return brush;
}
