"""Clips of a voice -> what is kept of it. The worker listens, beside whatever it works on; no sound is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from errors import InputError, InvalidOption, ModelError, Unavailable
from executors.base import Executor
from ffmpeg_process import Limits
from jobs.clips import decoded
from jobs.folders import JobFolder
from jobs.job import Job
from jobs.speakers.store import KnownSpeaker, KnownSpeakers, check_prints
from pipeline.known import KnownClip, KnownVoice, Voiceprint, checked_name
from pipeline.types import Options
from settings import Settings

MOST_AT_ONCE = 4  # requests: each holds a thread of the server
MOST_CLIPS = 10  # in one request
LONGEST_CONSENT = 4000  # characters


class Enrolment:
    """Safe between threads."""

    def __init__(
        self,
        settings: Settings,
        executor: Executor,
        speakers: KnownSpeakers,
        check_profile: Callable[[str | None], None],
    ) -> None:
        self._settings, self._executor, self._speakers = settings, executor, speakers
        self._check_profile = check_profile
        self._few = threading.BoundedSemaphore(MOST_AT_ONCE)

    def check_open(self) -> None:
        """Raises ModelError while nobody can listen: before clips are received for nothing."""
        if errors := self._executor.state().errors:
            raise ModelError(" ".join(errors))

    def enrol(
        self, owner: str, name: str, consent: str, clips: Sequence[KnownClip], folder: JobFolder, profile: str | None
    ) -> KnownSpeaker:
        """Somebody new. clips: what was sent, in ``folder``, which is removed with all in it before this returns or
        fails. Raises InvalidOption, SpeakerExists, TooManySpeakers, VoiceTooShort, SeveralVoices, Unavailable,
        ModelError and as :func:`audio_utils.normalise`."""
        with _removed(folder):
            name, consent = checked_name(name), _checked_consent(consent)
            self._speakers.check_new(owner, name)  # before the models have listened for nothing
            return self._speakers.add(owner, name, consent, self._prints(clips, folder, profile, ()))

    def extend(
        self, id: str, owner: str | None, clips: Sequence[KnownClip], folder: JobFolder, profile: str | None
    ) -> KnownSpeaker:
        """More of the same voice. As :meth:`enrol`, and raises UnknownSpeaker."""
        with _removed(folder):
            self._speakers.get(id, owner)
            known = self._speakers.prints(id)
            check_prints(len(known) + len(clips))
            prints = self._prints(clips, folder, profile, known)
            return self._speakers.extend(id, owner, prints)

    def _prints(
        self, clips: Sequence[KnownClip], folder: JobFolder, profile: str | None, known: Sequence[Voiceprint]
    ) -> Sequence[Voiceprint]:
        """One question for each clip, so that nobody else's waits for long."""
        self._check_profile(profile)
        prints = list[Voiceprint]()
        with self._room():
            for number, clip in enumerate(clips):
                with _naming(number, len(clips)):
                    prints += self._heard(self._decoded(clip, number, folder), folder, profile, (*known, *prints))
        return prints

    def _decoded(self, clip: KnownClip, number: int, folder: JobFolder) -> KnownClip:
        return replace(clip, audio=decoded(clip.audio, folder.path / f"clip-{number}", Limits.of(self._settings)))

    def _heard(
        self, clip: KnownClip, folder: JobFolder, profile: str | None, known: Sequence[Voiceprint]
    ) -> Sequence[Voiceprint]:
        voice, options = KnownVoice("", tuple(known)), Options(profile=profile)
        return self._executor.enrol(Job(folder.id, clip.audio, options, enrol=True, known=(voice,), clips=(clip,)))

    @contextmanager
    def _room(self) -> Iterator[None]:
        if not self._few.acquire(blocking=False):
            raise Unavailable("Other voices are just being made known; try again.", retry_after=5)
        try:
            yield
        finally:
            self._few.release()


@contextmanager
def _naming(number: int, count: int) -> Iterator[None]:
    """Errors say which of several clips it is."""
    try:
        yield
    except InputError as error:
        where = f"Clip {number + 1}: " if count > 1 else ""
        raise type(error)(
            f"{where}{error.message}", field=error.field if error.field == "profile" else "audio"
        ) from None


@contextmanager
def _removed(folder: JobFolder) -> Iterator[None]:
    try:
        yield
    finally:
        folder.remove()


def _checked_consent(text: str) -> str:
    """Whoever's voice is kept must have agreed to that, and what they agreed to is kept with it."""
    text = text.strip()
    if not 0 < len(text) <= LONGEST_CONSENT or "\0" in text:
        raise InvalidOption(f"consent says in 1 to {LONGEST_CONSENT} characters what was agreed to.", field="consent")
    return text
