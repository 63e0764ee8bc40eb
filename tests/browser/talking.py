"""A processor whose recordings are talked in, as long as their sound: what the page has to show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from errors import ArtefactsExpired, EmptyAudio
from pipeline.conversation import segment_of
from pipeline.types import Audio, Conversation, OnProgress, OnSegments, Options, Recording, Turn, Word
from settings import Settings
from tests.fakes import FakeProcessor, wait_until

HELD = 300.0  # s that a test may take until it lets a recording go on
WORD, PAUSE, CUT = 0.34, 0.15, 0.4  # s: a word, between two sentences, by which every second one outlasts that
SENTENCES = (
    "Let us look at the budget before anything else today.",
    "I thought that we had settled on that last week already.",
    "Not quite, the office in the north is still open.",
    "Then somebody should call them and ask for the figures.",
    "They know the résumé of it, but not the date.",
)
MARKUP = "<img src=x onerror=\"document.title='ran'\"> said &lt;b&gt; aloud"


class Talker(FakeProcessor):
    """Three people talk, or as many as are asked for. By the recording's name: "markup" is HTML; "together" is
    said by two at once; "held" goes on once the file "hold" is gone; "fault" fails."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.hold = settings.log_dir.parent / "hold"

    def process(
        self,
        channels: Sequence[Audio],
        options: Options,
        on_progress: OnProgress | None = None,
        on_segments: OnSegments | None = None,
    ) -> Conversation:
        report = on_progress or (lambda stage, fraction: None)
        report("speech", 0.5)
        name, made = channels[0].name, talk(channels[0], options.num_speakers)
        if name == "fault":
            raise EmptyAudio("There is no usable sound in the recording.")
        if on_segments:
            on_segments(made.segments[:2])
        if name == "held":
            wait_until(lambda: report("words", 0.5) or not self.hold.exists(), HELD)
        return made

    def relabel(self, recording: Recording) -> Conversation:
        if not (recording.shelf and recording.shelf.exists()):
            raise ArtefactsExpired("There is no shelf.")
        return talk(recording.channels[0], recording.options.num_speakers)


def load(settings: Settings, on_loading: object) -> Talker:
    return Talker(settings)


def talk(audio: Audio, speakers: int | None) -> Conversation:
    """A sentence each, in turn; every second turn goes on while the next has begun."""
    sentences = (MARKUP,) if audio.name == "markup" else SENTENCES
    at_once = 2 if audio.name == "together" else 1
    spoken = _spoken(sentences, speakers or 3, audio.duration, at_once)
    segments = tuple(segment_of(words, "en") for words in spoken)
    turns = tuple(
        Turn(segment.speaker, segment.start, min(segment.end + (CUT if place % 2 else 0), audio.duration))
        for place, segment in enumerate(segments)
    )
    names = tuple(dict.fromkeys(segment.speaker for segment in segments))
    return Conversation(segments, turns, names, audio.duration, "en", models={"words": "fake"})


def _spoken(sentences: Sequence[str], speakers: int, duration: float, at_once: int) -> Iterator[list[Word]]:
    """The words of each sentence, ``at_once`` of which begin together; the fourth word of some is doubtful."""
    start = 0.2
    for number in count():
        texts = sentences[number % len(sentences)].split()
        if start + len(texts) * WORD > duration:
            return
        doubtful = {3} if number % 5 == 1 else set()
        yield [
            Word(
                text,
                start + place * WORD,
                start + (place + 1) * WORD,
                confidence=0.3 if place in doubtful else 0.9,
                speaker=f"SPEAKER_{number % speakers:02d}",
                speaker_confidence=0.9,
            )
            for place, text in enumerate(texts)
        ]
        if number % at_once == at_once - 1:
            start += len(texts) * WORD + PAUSE
