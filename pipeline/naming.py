"""The speakers of one recording get the names of known voices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from errors import SeveralVoices, VoiceTooShort
from pipeline.artefacts import Arrays, Artefacts
from pipeline.identification import Comparable, comparable, identify
from pipeline.known import UNABLE, Identity, KnownVoice, Voiceprint
from pipeline.parting import Heard, parted, voices_of
from pipeline.types import Audio, Recording, Turn
from pipeline.voices import Part, VoiceReader, completed, voiceprint


@dataclass(frozen=True)
class Named:
    """turns: by start, also of people who had been taken for one; identities: of their speakers; warnings: for the
    result."""

    turns: tuple[Turn, ...]
    identities: tuple[Identity, ...] = ()
    warnings: tuple[str, ...] = ()


class Naming:
    """For one recording. kept: where what its clips are like is found again."""

    def __init__(self, reader: VoiceReader | None, recording: Recording, kept: Artefacts) -> None:
        """Raises VoiceTooShort and SeveralVoices for a clip that tells no voice."""
        self._reader = reader
        self._wanted = recording.options.identify or bool(recording.clips)
        self._known = self._comparable(reader, recording, kept) if self._wanted and reader else Comparable()

    @staticmethod
    def _comparable(reader: VoiceReader, recording: Recording, kept: Artefacts) -> Comparable:
        prints = [_print_of(reader, clip, number, kept) for number, (_, clip) in enumerate(recording.clips)]
        clips = [KnownVoice(name, (one,)) for (name, _), one in zip(recording.clips, prints, strict=True)]
        return comparable([*recording.known, *clips], reader.model)

    def __call__(
        self, audio: Audio, turns: Sequence[Turn], parts: Mapping[str, Sequence[Part]], most: int = 10**6
    ) -> Named:
        """turns: of the recording; parts: of those of their speakers of whom some are known already; most: speakers
        that there may be."""
        if not self._wanted or self._reader is None:
            return self._without(turns)
        heard = Heard(tuple(turns), completed(parts, self._reader, audio, turns) if self._known.names else {})
        return self._named(parted(heard, self._known, self._reader.marks, most))

    def by_channel(self, channels: Sequence[tuple[Audio, Sequence[Turn]]]) -> Named:
        """Of channels that have speakers of their own."""
        turns = [turn for _, turns in channels for turn in turns]
        if not self._wanted or self._reader is None:
            return self._without(turns)
        parts = dict[str, Sequence[Part]]()
        for audio, own in channels if self._known.names else ():
            parts |= completed({}, self._reader, audio, own)
        return self._named(Heard(tuple(turns), parts))

    def _without(self, turns: Sequence[Turn]) -> Named:
        return Named(tuple(turns), warnings=UNABLE if self._wanted else ())

    def _named(self, heard: Heard) -> Named:
        marks = cast(VoiceReader, self._reader).marks
        speakers = list(dict.fromkeys(turn.speaker for turn in heard.turns))
        return Named(heard.turns, tuple(identify(voices_of(heard), self._known, marks, speakers)), self._warnings())

    def _warnings(self) -> tuple[str, ...]:
        others = self._known.others
        if not self._known.names and not others:
            return ("No voices are known, so nobody could be identified.",)
        voices = "1 known voice was" if others == 1 else f"{others} known voices were"
        return (f"{voices} enrolled with another model and not compared: enrol them again.",) if others else ()


def _print_of(reader: VoiceReader, clip: Audio, number: int, kept: Artefacts) -> Voiceprint:
    if arrays := kept.load(f"known-{number}"):
        return _restored(arrays, reader.model)
    try:
        made = voiceprint(reader, clip)
    except (VoiceTooShort, SeveralVoices) as error:
        raise type(error)(f"Known voice {number + 1}: {error.message}", field=f"known.{number}") from None
    kept.save(f"known-{number}", {"vector": np.array(made.vector, np.float32), "seconds": np.array(made.seconds)})
    return made


def _restored(arrays: Arrays, model: str) -> Voiceprint:
    return Voiceprint(tuple(arrays["vector"].tolist()), model, float(arrays["seconds"]))
