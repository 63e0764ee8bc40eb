"""The languages of an ASR checkpoint. NeMo's files rarely name them, NVIDIA's names of models mostly do."""

from __future__ import annotations

import re
from typing import Any

# fmt: off
EUROPEAN = (
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hr", "hu", "it", "lt", "lv", "mt", "nl", "pl", "pt",
    "ro", "ru", "sk", "sl", "sv", "uk",
)  # of nvidia/parakeet-tdt-0.6b-v3
# fmt: on
_CATALOGUE = re.compile(r"stt_((?:[a-z]{2}_)+)")  # stt_de_fastconformer_hybrid_large_pc, stt_kk_ru_...
_PARAKEET = re.compile(
    r"parakeet-(?:tdt|ctc|rnnt|tdt_ctc)-[\w.]+?(?:-([a-z]{2}))?(?:-v\d)?(?:\.nemo)?$"
)  # English if bare
_CODES = {"ua": "uk"}  # where NVIDIA names the country


def languages_of(model: Any, model_path: str) -> tuple[str, ...]:
    """Codes of the languages that a model writes; none where nothing tells them.

    A tokenizer put together of one for each language names them. Else the name in the profile counts.
    """
    if several := getattr(getattr(model, "tokenizer", None), "tokenizers_dict", None):
        return tuple(sorted({name.partition("-")[0] for name in several}))
    name = model_path.rpartition("/")[2]
    if name.startswith("parakeet-tdt-0.6b-v3"):
        return EUROPEAN
    if found := _CATALOGUE.match(name):
        return tuple(_CODES.get(code, code) for code in found[1].split("_") if code)
    if found := _PARAKEET.match(name):
        return (found[1] or "en",)
    return ()
