// All words of a conversation in one row: which is said at a moment, which are doubtful, where a text is found.

export const DOUBT = 0.5; // below this confidence a word is worth a second look

export class Words {
    /** segments: of the result, with words. */
    constructor(segments) {
        this.segments = segments;
        this.all = [];
        this.segmentOf = [];
        this.first = segments.map((segment, index) => {
            const first = this.all.length;
            for (const word of segment.words ?? []) {
                this.all.push(word);
                this.segmentOf.push(index);
            }
            return first;
        });
        this.order = this.all.map((_, index) => index).sort((a, b) => this.all[a].start_time - this.all[b].start_time);
        this.doubts = this.all.flatMap((word, index) => (doubtful(word) ? [index] : []));
    }

    /** The word that is said at a moment, or was last; -1 before the first. */
    at(moment) {
        let [low, high] = [0, this.order.length];
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.all[this.order[middle]].start_time <= moment) low = middle + 1;
            else high = middle;
        }
        return low ? this.order[low - 1] : -1;
    }

    /** The segment that runs at a moment, or was last; 0 before the first. */
    segmentAt(moment) {
        const word = this.at(moment);
        if (word >= 0) return this.segmentOf[word];
        const found = this.segments.findLastIndex((segment) => segment.start_time <= moment);
        return Math.max(0, found);
    }

    /** The first doubtful word after this one, from the start again behind the last; -1 if there is none. */
    nextDoubt(after) {
        return this.doubts.find((index) => index > after) ?? this.doubts[0] ?? -1;
    }

    /** Its number within its segment. */
    within(index) {
        return index - this.first[this.segmentOf[index]];
    }
}

export function doubtful(word) {
    return unsure(word.confidence) || unsure(word.speaker_confidence);
}

function unsure(confidence) {
    return confidence !== null && confidence !== undefined && confidence < DOUBT;
}

/** Where each word stands in its segment's text: [[from, to], ...]. Words that are not in it get null. */
export function places(segment) {
    let from = 0;
    return (segment.words ?? []).map((word) => {
        const found = segment.text.indexOf(word.text, from);
        if (found < 0) return null;
        from = found + word.text.length;
        return [found, from];
    });
}

/** Where a text is found: [{segment, from, to}, ...] in the segments' texts. Capitals and accents do not matter. */
export function find(segments, text) {
    const wanted = plain(text.trim());
    if (!wanted) return [];
    return segments.flatMap((segment, index) => {
        const hits = [];
        const said = plain(segment.text);
        for (let at = said.indexOf(wanted); at >= 0; at = said.indexOf(wanted, at + wanted.length)) {
            hits.push({ segment: index, from: at, to: at + wanted.length });
        }
        return hits;
    });
}

/** As long as the text itself, so that places in it are places in the text. */
function plain(text) {
    return text.replace(/./gsu, (sign) => {
        const bare = sign.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
        return bare.length === sign.length ? bare : sign;
    });
}
