"""AssemblyAI: what its transcripts hold. Times are whole milliseconds, speakers are letters by first appearance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dialects.letters import letters
from dialects.refusal import Refusal
from dialects.wording import in_order, mean_confidence, passages, plain, sentences, share, text_of, written
from formats import srt, vtt
from formats.cues import Cue, Size, cues, milliseconds
from pipeline.types import Conversation, Word

_UNNAMED = re.compile(r"SPEAKER_\d+")
MOST_TERMS = 5  # words of a phrase that is searched for
ONE_LINE = 42  # characters


@dataclass(frozen=True)
class Wanted:
    """What a transcript is to hold, by AssemblyAI's names."""

    speaker_labels: bool = False
    punctuate: bool = True
    format_text: bool = True
    multichannel: bool = False


def error(refusal: Refusal) -> dict[str, Any]:
    """``{"error": message}``."""
    return {"error": refusal.message}


def transcript(conversation: Conversation, wanted: Wanted) -> dict[str, Any]:
    """What is known once the work is done; words in the order in which they are written."""
    found, shown = [segment.words for segment in passages(conversation)], _Shown(conversation, wanted)
    said, apart = [word for words in found for word in words], wanted.speaker_labels or wanted.multichannel
    return {
        "text": shown.text(said),
        "words": shown.words(said),
        "utterances": [shown.passage(words) for words in found] if apart else None,
        "confidence": mean_confidence(said) if said else None,
        "audio_duration": round(conversation.duration),
        "audio_channels": len(conversation.channels) if wanted.multichannel else None,
        "language_code": conversation.language,
        "language_confidence": conversation.language_confidence,
        "speech_model_used": ", ".join(dict.fromkeys(conversation.models.values())) or None,
        "metadata": {"warnings": [{"message": warning} for warning in conversation.warnings]},
    }


def sentence_list(conversation: Conversation, wanted: Wanted) -> dict[str, Any]:
    found = [words for segment in passages(conversation) for words in sentences(segment.words)]
    return _listed("sentences", conversation, wanted, found)


def paragraph_list(conversation: Conversation, wanted: Wanted) -> dict[str, Any]:
    """Each segment is one."""
    found = [segment.words for segment in passages(conversation)]
    return _listed("paragraphs", conversation, wanted, found)


def matches(conversation: Conversation, terms: Sequence[str]) -> dict[str, Any]:
    """Where each of the terms, of up to five words, is said; capitals and punctuation do not count."""
    said = [word for segment in passages(conversation) for word in segment.words]
    bare = [plain(word.text) for word in said]
    rows = [row for term in dict.fromkeys(terms) if (row := _match(term, said, bare))["count"]]
    return {"total_count": sum(row["count"] for row in rows), "matches": rows}


def captions(conversation: Conversation, kind: str, columns: int | None = None) -> str:
    """kind: srt or vtt; columns: the most characters of a caption, None for the usual ones. Speakers are not named."""
    found = cues(conversation, size=_size(columns))
    return srt.write(found) if kind == "srt" else vtt.write(_nameless(found))


def _size(columns: int | None) -> Size:
    """What is too wide for one line has two."""
    if columns is None:
        return Size()
    return Size(columns, 1) if columns <= ONE_LINE else Size(columns // 2, 2)


def _nameless(found: Iterator[Cue]) -> Iterator[Cue]:
    return (Cue("", cue.start, cue.end, cue.lines) for cue in found)


def _listed(name: str, conversation: Conversation, wanted: Wanted, parts: Sequence[Sequence[Word]]) -> dict[str, Any]:
    shown = _Shown(conversation, wanted)
    return {
        name: [shown.passage(words) for words in parts],
        "confidence": mean_confidence([word for words in parts for word in words]),
        "audio_duration": float(round(conversation.duration)),
    }


def _match(term: str, said: Sequence[Word], bare: Sequence[str]) -> dict[str, Any]:
    wanted = [plain(part) for part in term.split()]
    length = len(wanted)
    found = [index for index in range(len(bare) - length + 1) if length and bare[index : index + length] == wanted]
    spans = [said[index : index + length] for index in found]
    return {
        "text": term,
        "count": len(found),
        "timestamps": [[milliseconds(span[0].start), milliseconds(span[-1].end)] for span in spans],
        "indexes": found,
    }


class _Shown:
    """Words as they were asked for. Somebody with a name has that for a label, and others the letters that are free; a
    channel has its number, from 1."""

    def __init__(self, conversation: Conversation, wanted: Wanted) -> None:
        self._wanted, self._language = wanted, conversation.language
        order = in_order(conversation)
        self._label = letters(order, known={speaker for speaker in order if not _UNNAMED.fullmatch(speaker)})

        self._channels = {name: str(number) for number, name in enumerate(conversation.channels, 1) if name}

    def text(self, words: Sequence[Word]) -> str:
        return text_of(self._written(words), self._language)

    def words(self, words: Sequence[Word]) -> list[dict[str, Any]]:
        return [
            {"text": word.text, "confidence": share(word.confidence), **self._place([word])}
            for word in self._written(words)
        ]

    def passage(self, words: Sequence[Word]) -> dict[str, Any]:
        """What one speaker says: an utterance, a paragraph, a sentence."""
        said = {"text": self.text(words), "confidence": mean_confidence(words), "words": self.words(words)}
        return said | self._place(words)

    def _written(self, words: Sequence[Word]) -> list[Word]:
        return written(words, self._wanted.punctuate, self._wanted.format_text)

    def _place(self, words: Sequence[Word]) -> dict[str, Any]:
        """When, by whom and where. A speaker whom nobody asked for has the name of the channel."""
        speaker = words[0].speaker or ""
        channel = self._channels.get(speaker) if self._wanted.multichannel else None
        return {
            "start": milliseconds(words[0].start),
            "end": milliseconds(max(word.end for word in words)),
            "speaker": self._label(speaker) if self._wanted.speaker_labels else channel,
            "channel": channel,
        }
