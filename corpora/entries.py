"""A data set's tables: LJSpeech's ``metadata.csv`` and manifests of NeMo's, and which clips are kept for validation."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpora.text import SEPARATOR, normalised

WAVS = "wavs"  # where programs that read LJSpeech look: wavs/ID.wav


@dataclass(frozen=True)
class Entry:
    """One clip of a data set. id: SPEAKER/NAME, its file below WAVS; start, end: s in the recording; speaker: who."""

    id: str
    speaker: str
    text: str
    duration: float
    recording: str
    start: float
    end: float
    language: str | None = None
    confidence: float | None = None

    @property
    def path(self) -> str:
        """Of its file, from the data set's folder."""
        return f"{WAVS}/{self.id}.wav"


def metadata(entries: Iterable[Entry]) -> str:
    """A line each: id|text|normalised text. No header and no quotation, as in LJSpeech."""
    return "".join(SEPARATOR.join([one.id, one.text, normalised(one.text)]) + "\n" for one in entries)


def manifest(entries: Iterable[Entry]) -> str:
    """A JSON object a line; audio_filepath from the manifest's own folder."""
    return "".join(json.dumps(_row(one), ensure_ascii=False) + "\n" for one in entries)


def _row(one: Entry) -> dict[str, object]:
    row: dict[str, object] = {
        "audio_filepath": one.path,
        "duration": one.duration,
        "text": one.text,
        "speaker": one.speaker,
        "recording": one.recording,
        "start_time": one.start,
        "end_time": one.end,
    }
    more = {"lang": one.language, "confidence": one.confidence}
    return row | {key: value for key, value in more.items() if value is not None}


def split(entries: Sequence[Entry], share: float) -> tuple[list[Entry], list[Entry]]:
    """For training and for validation: clips drawn by a lot that falls the same each time, until they hold ``share`` of
    all seconds. Neither is empty where there are two clips."""
    drawn = random.Random(0).sample(range(len(entries)), len(entries))  # noqa: S311, no secret
    wanted, held, chosen = share * sum(one.duration for one in entries), 0.0, set[int]()
    for index in drawn[: len(entries) - 1]:
        if held >= wanted:
            break
        chosen.add(index)
        held += entries[index].duration
    kept = [one for index, one in enumerate(entries) if index not in chosen]
    return kept, [entries[index] for index in sorted(chosen)]
