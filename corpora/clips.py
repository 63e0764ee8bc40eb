"""Clips as files: 16-bit mono PCM, below a folder for each speaker."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from corpora.cutting import Clip, Cuts, Dropped
from corpora.entries import Entry
from corpora.names import Names, label
from corpora.sound import Sound
from corpora.text import text_of
from wav_samples import WavSamples


@dataclass
class ClipWriter:
    """Writes the clips of one recording after another into ``folder``, each under a name of its own."""

    folder: Path
    rate: int
    _recordings: Names = field(default_factory=Names)
    _speakers: Names = field(default_factory=Names)

    def recording(self, name: str) -> str:
        """What another recording is called here; nothing else is."""
        return self._recordings.new(name)

    def write(
        self, cuts: Cuts, sound: Sound, recording: str, language: str | None
    ) -> tuple[list[Entry], list[Dropped]]:
        """The clips that were written, and all that were not. recording: as :meth:`recording` called it.
        Raises OSError."""
        samples, entries, dropped = WavSamples(sound.clean), list[Entry](), list(cuts.dropped)
        for clip in cuts.clips:
            if text := text_of(clip.words, language):
                number = len(entries) + 1
                entries.append(self._write(clip, text, samples, recording, number, language))
            else:
                dropped.append(Dropped("no_text", clip.span))
        return entries, dropped

    def _write(
        self, clip: Clip, text: str, samples: WavSamples, recording: str, number: int, language: str | None
    ) -> Entry:
        speaker = label(clip.speaker, recording)
        first, last = round(clip.span.start * self.rate), round(clip.span.end * self.rate)
        sound = samples[first:last]
        confidence = None if clip.confidence is None else round(clip.confidence, 4)
        entry = Entry(
            id=f"{self._speakers.of(speaker)}/{recording}-{number:04d}",
            speaker=speaker,
            text=text,
            duration=round(len(sound) / self.rate, 6),
            recording=recording,
            start=round(clip.span.start, 3),
            end=round(clip.span.end, 3),
            language=language,
            confidence=confidence,
        )
        _save(sound, self.folder / entry.path, self.rate)
        return entry


def _save(sound: np.ndarray, path: Path, rate: int) -> None:
    """By way of memory: libsndfile does not say when a disk is full."""
    held = io.BytesIO()
    soundfile.write(held, np.clip(sound, -1.0, 1.0), rate, format="WAV", subtype="PCM_16")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(held.getvalue())
