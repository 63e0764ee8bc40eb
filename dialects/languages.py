"""What clients of other systems call languages: tags with a region, and codes that ours has another one for."""

from __future__ import annotations

import re

from pipeline.languages import LANGUAGES

_OURS = {"jv": "jw", "nb": "no", "fil": "tl", "iw": "he", "cmn": "zh", "yue": "zh"}
# Of a tag that :func:`code_of` takes, for descriptions.
PATTERN = rf"^({'|'.join((*LANGUAGES, *_OURS))})([-_][A-Za-z0-9]{{1,8}})*$"


def code_of(tag: str) -> str | None:
    """Our code for "en-US", "en_us" or "EN"; None for a language that we do not have."""
    base = re.split("[-_]", tag.strip().lower())[0]
    code = _OURS.get(base, base)
    return code if code in LANGUAGES else None
