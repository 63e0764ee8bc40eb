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
    "vi", "yi", "yo", "zh",
)
# fmt: on

# Written without spaces, as the recogniser's tokenizer sees it: each sign is a word there.
UNSPACED: tuple[str, ...] = ("zh", "ja", "th", "lo", "my")


_LATIN_STOPS = ".,;:!?"


def is_latin(sign: str) -> bool:
    """Whether it is a letter or digit of words that are written apart wherever they stand."""
    return sign.isascii() and sign.isalnum()


def joined(words: Iterable[str], language: str | None) -> str:
    """The text of the words. Where words are written without spaces, only Latin ones are kept apart."""
    if language not in UNSPACED:
        return " ".join(words)
    text = ""
    for word in words:
        apart = is_latin(word[:1]) and (is_latin(text[-1:]) or text[-1:] in tuple(_LATIN_STOPS))
        text += f" {word}" if apart else word
    return text
