"""What turns speech into words: the shape that ``pipeline/asr.py`` and ``pipeline/nemo_asr.py`` have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.types import Audio, Span, Transcript, Word

Progress = Callable[[float], None]
NO_KEYTERMS = "keyterms have no effect"  # how a warning of that begins
OnWords = Callable[[Sequence[Word], str | None], None]


@dataclass(frozen=True, eq=False)
class Spoken:
    """What is to be written down of one recording.

    regions: of speech, s; sorted, apart. language: a code that the recogniser knows, or None for it to find.
    keyterms: phrases to prefer among what sounds alike. on_progress gets the share of the speech that is done, rising
    to 1, in any thread, one call at a time; what it raises ends the work. on_words gets, from time to time, all words
    from the beginning on that will not change any more, with the language; words that follow start no sooner.
    only_language: nobody asks for the words.
    """

    audio: Audio
    regions: Sequence[Span]
    language: str | None = None
    keyterms: Sequence[str] = ()
    on_progress: Progress | None = None
    on_words: OnWords | None = None
    only_language: bool = False


class Recogniser(ABC):
    """Owns a model. Calls come one after another, never at once.

    ``together``: how many short recordings are heard in less time at once than one after another; 1 where that is no
    faster (docs/performance.md has the figures). ``tells_languages``: from the sound, so that ``only_language`` may be
    asked.
    """

    together: int = 1
    tells_languages: bool = False

    @abstractmethod
    def transcribe_all(self, spoken: Sequence[Spoken]) -> list[Transcript]:
        """The words of each recording, as if it were heard alone; without speech none, and no language but a given
        one. Raises InvalidOption for a language that the model does not know."""

    def transcribe(
        self,
        audio: Audio,
        regions: Sequence[Span],
        language: str | None = None,
        on_progress: Progress | None = None,
        keyterms: Sequence[str] = (),
    ) -> Transcript:
        """The words of one recording; see :class:`Spoken`."""
        (transcript,) = self.transcribe_all([Spoken(audio, regions, language, keyterms, on_progress)])
        return transcript
