// Words that somebody selects, to say who says them.

/** Those within one segment of `list`: {segment, words: [first, last], range}; null for anything else. */
export function selectedWords(list) {
    const chosen = document.getSelection();
    if (chosen.isCollapsed || !chosen.rangeCount) return null;
    const range = chosen.getRangeAt(0);
    const around = range.commonAncestorContainer;
    const segment = (around.closest ? around : around.parentElement)?.closest(".segment");
    if (!segment || !list.contains(segment) || !segment.row.spans) return null;
    const { row } = segment;
    const within = row.spans.flatMap((span, index) =>
        span && range.intersectsNode(span) && holds(range, span) ? [index] : [],
    );
    return within.length ? { segment: row.index, words: [within[0], within.at(-1)], range } : null;
}

/** A selection that ends where a word begins does not hold that word. */
function holds(range, span) {
    const text = span.firstChild;
    const held = (place) => range.comparePoint(text, place) === 0;
    const startsBefore = range.startContainer === text ? range.startOffset < text.length : held(0) || held(text.length);
    return startsBefore && !(range.endContainer === text && range.endOffset === 0);
}
