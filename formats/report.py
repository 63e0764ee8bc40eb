"""HTML: a report in one file that opens from disk, without a service and without internet.

It has who spoke how much, a timeline of each speaker, and every word; a click on one plays the recording, which the
reader chooses from their own disk, so that the file stays small. Its Content-Security-Policy lets nothing run but the
script below, whose hash it names, and lets nothing be fetched; everything that was said is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from pathlib import Path

from formats.cues import milliseconds
from formats.folding import fold
from formats.json import from_dict, to_dict
from formats.palette import PALETTE
from formats.pieces import Piece, pieces
from formats.statistics import LOW_CONFIDENCE, NOTICED, Speaker, statistics
from pipeline.types import Conversation, Segment, Turn

NAME = "html"
MIMETYPE = "text/html"
EXTENSION = "html"

_COLUMNS = ("Talk time", "Share", "Turns", "Longest turn", "Words", "Words per minute", "Over others", "Cuts in",
            "Is cut short", "Unsure words")  # fmt: skip
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src '{script}'",
        "style-src '{style}'",
        "media-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
)
_DEFINITIONS = f"""\
<details><summary>What the figures mean</summary><dl>
<dt>Talk time</dt><dd>in which the speaker is heard, alone or not; the share is of everybody's talk time together.</dd>
<dt>Over others</dt><dd>of it, the time in which somebody else is heard too.</dd>
<dt>Cuts in, is cut short</dt><dd>a turn that begins while somebody else's goes on, at least {NOTICED / 1000:g} s before
that one ends, and goes on after it.</dd>
<dt>Unsure words</dt><dd>of which the text or the speaker has a confidence below {LOW_CONFIDENCE:.0%}; in the text the
former are underlined.</dd>
</dl></details>"""


_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1 dir="auto">{title}</h1>
<p class="soft">{summary}</p>
</header>
<main>
<section class="player" aria-label="Recording">
<p><label>Recording, from your disk: <input type="file" accept="audio/*,video/*"></label></p>
<audio controls></audio>
<p class="soft" role="status"></p>
<details><summary>Keys</summary>Space plays and pauses, the arrows go 5 s back and on, n and p to the next segment and
the one before. A click on a word or a lane plays from there.</details>
</section>
<section aria-labelledby="timeline">
<h2 id="timeline">Timeline</h2>
<ul class="lanes">
{lanes}</ul>
</section>
<section aria-labelledby="speakers">
<h2 id="speakers">Speakers</h2>
<div class="wide" role="region" aria-label="Figures of the speakers" tabindex="0"><table>
<thead><tr>{columns}</tr></thead>
<tbody>
{rows}</tbody>
</table></div>
{definitions}
</section>
<section aria-labelledby="said">
<h2 id="said">Conversation</h2>
<div{language}>
{said}</div>
</section>
</main>
<script>{script}</script>
</body>
</html>
"""


def render(conversation: Conversation, *, name: str = "audio", words: bool = False) -> str:
    """``name`` is the title. Segments stand in the conversation's order; times are in ``data-`` attributes too: of a
    segment ``data-start``, ``data-end``, of a word ``data-s``, ``data-e``, in seconds."""
    conversation = from_dict(to_dict(conversation, words=True))  # the figures are those of the JSON's milliseconds
    speakers = statistics(conversation).speakers
    places = {one.name: number % len(PALETTE) for number, one in enumerate(speakers)}
    style, script = _style(), _read("report.js")
    return _PAGE.format(
        policy=_POLICY.format(script=_hash(script), style=_hash(style)),
        title=_text(name),
        style=style,
        summary=_summary(conversation),
        lanes="".join(_lanes(conversation, places)),
        columns="".join(f'<th scope="col">{column}</th>' for column in ("Speaker", *_COLUMNS)),
        rows="".join(_row(one, places[one.name]) for one in speakers),
        definitions=_DEFINITIONS,
        language=f' lang="{_text(conversation.language)}"' if conversation.language else "",
        said="".join(_article(segment, places[segment.speaker]) for segment in conversation.segments),
        script=script,
    )


def _summary(conversation: Conversation) -> str:
    speakers = len(conversation.speakers)
    parts = [_clock(conversation.duration), f"{speakers} speaker{'' if speakers == 1 else 's'}"]
    return " · ".join([*parts, *([_text(conversation.language)] if conversation.language else [])])


def _lanes(conversation: Conversation, places: Mapping[str, int]) -> Iterator[str]:
    spoken = conversation.turns or conversation.segments
    length = max([conversation.duration, 0.001, *(turn.end for turn in spoken)])
    for speaker, place in places.items():
        own = [turn for turn in spoken if turn.speaker == speaker]
        bars = "".join(map(_bar, own))
        yield (
            f'<li class="lane c{place}">{_name(speaker)}'
            f'<svg viewBox="0 0 {_time(length)} 1" preserveAspectRatio="none" role="img" aria-label="{len(own)} turns">'
            f'{bars}<line class="now" x1="0" x2="0" y2="1"/></svg></li>\n'
        )


def _bar(turn: Turn | Segment) -> str:
    return f'<rect x="{_time(turn.start)}" width="{_time(turn.end - turn.start)}" height="1"/>'


def _row(one: Speaker, place: int) -> str:
    rate = "–" if one.words_per_minute is None else f"{one.words_per_minute:.0f}"
    cells = [_clock(one.talk_time), f"{one.share:.0%}", one.turns, f"{one.longest:.1f} s", one.words, rate]
    cells += [_clock(one.overlap), one.interruptions, one.interrupted, one.low_confidence]
    row = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr class="c{place}"><th scope="row">{_name(one.name)}</th>{row}</tr>\n'


def _article(segment: Segment, place: int) -> str:
    start, end = _time(segment.start), _time(segment.end)
    button = f'<button type="button" data-at="{start}">{_clock(segment.start)}</button>'
    text = "".join(map(_piece, pieces(segment)))
    return (
        f'<article class="c{place}" data-start="{start}" data-end="{end}">'
        f'<h3>{_name(segment.speaker)} {button}</h3><p dir="auto">{text}</p></article>\n'
    )


def _piece(piece: Piece) -> str:
    word = piece.text.rstrip()
    doubt = ""
    if piece.confidence is not None and piece.confidence < LOW_CONFIDENCE:
        doubt = f' class="doubt" title="{piece.confidence:.0%} sure"'
    space = piece.text[len(word) :]
    return f'<span data-s="{_time(piece.start)}" data-e="{_time(piece.end)}"{doubt}>{escape(word)}</span>{space}'


def _name(speaker: str) -> str:
    return f'<span class="name" dir="auto">{_text(speaker)}</span>'


def _text(text: str) -> str:
    return escape(fold(text))


def _time(seconds: float) -> str:
    return f"{milliseconds(seconds) / 1000:.3f}".rstrip("0").rstrip(".")


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


@cache
def _style() -> str:
    light = "\n".join(f".c{number} {{ --own: {one.on_light}; }}" for number, one in enumerate(PALETTE))
    dark = "\n".join(f".c{number} {{ --own: {one.on_dark}; }}" for number, one in enumerate(PALETTE))
    return f"\n{_read('report.css')}{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


@cache
def _read(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
