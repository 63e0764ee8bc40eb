"""The languages a caller may name: the codes of Whisper, kept here so that checking one needs no model library."""

from __future__ import annotations

from collections.abc import Iterable

# fmt: off
LANGUAGES: tuple[str, ...] = (
    "af", "am", "ar", "as", "az", "ba", "be", "bg", "bn", "bo", "br", "bs", "ca", "cs", "cy", "da", "de", "el", "en",
    "es", "et", "eu", "fa", "fi", "fo", "fr", "gl", "gu", "ha", "haw", "he", "hi", "hr", "ht", "hu", "hy", "id", "is",
    "it", "ja", "jw", "ka", "kk", "km", "kn", "ko", "la", "lb", "ln", "lo", "lt", "lv", "mg", "mi", "mk", "ml", "mn",
    "mr", "ms", "mt", "my", "ne", "nl", "nn", "no", "oc", "pa", "pl", "ps", "pt", "ro", "ru", "sa", "sd", "si", "sk",
    "sl", "sn", "so", "sq", "sr", "su", "sv", "sw", "ta", "te", "tg", "th", "tk", "tl", "tr", "tt", "uk", "ur", "uz",
    "vi", "yi", "yo", "zh", "yue",
)
# fmt: on

# Written without spaces, as the recogniser's tokenizer sees it: each sign is a word there.
UNSPACED: tuple[str, ...] = ("zh", "ja", "th", "lo", "my", "yue")


def is_latin(signs: str) -> bool:
    """Whether all are letters or digits that are written with spaces between words wherever they stand."""
    return signs.isascii() and signs.isalnum()


def joined(words: Iterable[str], language: str | None) -> str:
    """The text of the words. Where words are written without spaces, only Latin ones are kept apart."""
    if language not in UNSPACED:
        return " ".join(words)
    text = ""
    for word in words:
        text += " " + word if text and word and is_latin(text[-1] + word[0]) else word
    return text
