"""The form of POST /v1/audio/transcriptions -> what it asks for.

Lists come as ``name[]``, objects as ``name[key]``, as OpenAI's own clients write them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from werkzeug.datastructures import MultiDict

from errors import InvalidOption, UnknownModel
from jobs.clips import MOST_CLIPS
from pipeline.known import checked_name
from pipeline.languages import LANGUAGES
from pipeline.types import Options
from web.context import current_service
from web.dialects.data_urls import sound_in
from web.ignored import ignore
from web.options import phrases, plain, speaker_counts, text

ResponseFormat = Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"]
Granularity = Literal["word", "segment"]
DIARIZES = "gpt-4o-transcribe-diarize"
# What clients ask for there; here each is the profile of MODEL_CONFIG.
MODELS = (
    "whisper-1",
    "gpt-transcribe",
    "gpt-4o-transcribe",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    DIARIZES,
)
_STREAMED = ("json", "text", "diarized_json")
_IGNORED = ("prompt", "include")
NAMES, REFERENCES = "known_speaker_names", "known_speaker_references"
_LISTS = ("timestamp_granularities", "include", "keywords", "languages", NAMES, REFERENCES)
_COUNTS = ("num_speakers", "min_speakers", "max_speakers")
_SINGLE = ("file", "model", "language", "prompt", "response_format", "temperature", "stream", "chunking_strategy")
_LONGEST = 100_000  # characters of a field that is no recording
Fields = MultiDict[str, str]


@dataclass(frozen=True)
class Asked:
    """granularities: of a verbose_json; named: subtitles say who speaks; voices: names of people, and recordings of
    them."""

    options: Options
    format: ResponseFormat
    stream: bool
    granularities: frozenset[Granularity]
    named: bool
    voices: tuple[tuple[str, bytes], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.voices)


def models() -> tuple[str, ...]:
    """OpenAI's, and the profiles that this service offers."""
    return *MODELS, *(name for name in current_service().profiles if name != "auto")


def check_model(name: str) -> None:
    """Raises UnknownModel."""
    if name not in models():
        raise UnknownModel("There is no such model; GET /v1/models lists those that are.", field="model")


def read_asked(form: MultiDict[str, str]) -> Asked:
    """Raises InvalidOption and UnknownModel, by OpenAI's names of the fields. What has no effect is put among the
    ignored parameters (web/ignored.py)."""
    fields: Fields = MultiDict((_base(name), value) for name, value in form.items(multi=True) if value.strip())
    _check_lengths(fields)
    model, format = _model(fields), _format(fields)
    stream = _stream(fields, format)
    options = Options(
        language=_language(fields),
        keyterms=phrases(fields.getlist("keywords")),
        profile=None if model in MODELS else model,
    )
    options = replace(options, **speaker_counts(fields))
    named = model == DIARIZES
    voices = _voices(fields, placed=format == "diarized_json" or (named and format in ("srt", "vtt")))
    asked = Asked(options, format, stream, _granularities(fields, format), named=named, voices=voices)
    _temperature(fields)
    _chunking(form)
    if {*fields.getlist("include")} - {"logprobs"}:
        raise InvalidOption("include may have logprobs alone.", field="include")
    ignore(name for name in _IGNORED if name in fields)
    ignore(sorted(set(fields) - {*_SINGLE, *_LISTS, *_COUNTS}))
    return asked


def _check_lengths(fields: Fields) -> None:
    """References are long; of anything else that much would take many times its size."""
    for name, value in fields.items(multi=True):
        if len(value) > _LONGEST and name != REFERENCES:
            raise InvalidOption(f"{plain(name)} is too long.", field=plain(name))


def _base(name: str | None) -> str:
    """A part of a form may lack its name."""
    return (name or "").partition("[")[0]


def _model(fields: Fields) -> str:
    name = text(fields, "model")
    if name is None:
        raise InvalidOption("model is missing; GET /v1/models lists those that there are.", field="model")
    check_model(name)
    return name


def _format(fields: Fields) -> ResponseFormat:
    name = text(fields, "response_format") or "json"
    if name not in get_args(ResponseFormat):
        known = ", ".join(get_args(ResponseFormat))
        raise InvalidOption(f"response_format must be one of {known}.", field="response_format")
    return cast(ResponseFormat, name)


def _stream(fields: Fields, format: ResponseFormat) -> bool:
    given = (text(fields, "stream") or "false").lower()
    if given not in ("true", "false"):
        raise InvalidOption("stream must be true or false.", field="stream")
    if (stream := given == "true") and format not in _STREAMED:
        raise InvalidOption(f"stream needs a response_format of {', '.join(_STREAMED)}.", field="stream")
    return stream


def _granularities(fields: Fields, format: ResponseFormat) -> frozenset[Granularity]:
    """Segments, unless something is asked for."""
    given, name = set(fields.getlist("timestamp_granularities")), "timestamp_granularities"
    if given - {*get_args(Granularity)}:
        raise InvalidOption(f"{name} must be some of {', '.join(get_args(Granularity))}.", field=name)
    if given and format != "verbose_json":
        raise InvalidOption(f"{name} needs the response_format verbose_json.", field=name)
    return cast(frozenset[Granularity], frozenset(given or {"segment"}))


def _language(fields: Fields) -> str | None:
    """One language can be told to the recogniser; a choice of several cannot."""
    several = list(dict.fromkeys(value.strip().lower() for value in fields.getlist("languages")))
    if any(code not in LANGUAGES for code in several):
        raise InvalidOption("languages must be codes such as en, de and fr.", field="languages")
    one = text(fields, "language")
    if len(several) > 1 or (one and several not in ([], [one.lower()])):
        ignore(["languages"])
    return one.lower() if one else several[0] if len(several) == 1 else None


def _voices(fields: Fields, *, placed: bool) -> tuple[tuple[str, bytes], ...]:
    """placed: the answer has a place for names of speakers. Where it has none, nobody looks at the references."""
    names, references = fields.getlist(NAMES), fields.getlist(REFERENCES)
    if len(names) != len(references):
        counts = f"{len(names)} of the names and {len(references)} of the references"
        raise InvalidOption(f"Each known speaker has a name and a reference: there are {counts}.", field=REFERENCES)
    if len(references) > MOST_CLIPS:
        raise InvalidOption(f"Up to {MOST_CLIPS} known speakers may come with a recording.", field=REFERENCES)
    known = [checked_name(name, NAMES) for name in names]
    if not placed:
        ignore([NAMES, REFERENCES] if known else [])
        return ()
    return tuple((name, sound_in(url, REFERENCES)) for name, url in zip(known, references, strict=True))


def _temperature(fields: Fields) -> None:
    """Words are found by search, and nothing is drawn at random: as at 0."""
    given = text(fields, "temperature")
    try:
        temperature = float(given or 0)
    except ValueError:
        temperature = -1.0
    if not 0 <= temperature <= 1:
        raise InvalidOption("temperature must be a number from 0 to 1.", field="temperature")
    if temperature:
        ignore(["temperature"])


def _chunking(form: MultiDict[str, str]) -> None:
    """Recordings are always cut where nobody speaks, as "auto" asks; by our own measure of that."""
    name = "chunking_strategy"
    given = text(form, name)
    if given and given != "auto" and not _is_server_vad(given):
        raise InvalidOption(f'{name} must be "auto" or an object of the type "server_vad".', field=name)
    if (given and given != "auto") or any(key.startswith(f"{name}[") for key in form):
        ignore([name])


def _is_server_vad(given: str) -> bool:
    try:
        value: Any = json.loads(given)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and value.get("type") == "server_vad"
