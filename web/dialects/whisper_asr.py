"""/asr and /detect-language: as whisper-asr-webservice has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast
from urllib.parse import quote

from flask import Response, jsonify, request
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from dialects import whisper_asr
from errors import InvalidOption, Unsupported
from pipeline.types import Options
from web.bodies import takes_upload_as
from web.callers import current_caller
from web.context import current_service
from web.dialects.known import WHISPER_ASR
from web.dialects.raw_sound import with_header
from web.ignored import IGNORED, ignore
from web.options import flag, speaker_counts, text
from web.responses import body, refusals
from web.routes import Routes, unread
from web.schemas.whisper_asr import DetectedLanguage, DetectQuery, DetectUpload, WhisperQuery, WhisperUpload
from web.upload import UploadRequest, received_audio, recording_name, stored_path
from web.waiting import submit
from web.warned import WARNED

blueprint = Routes("whisper_asr", __name__, tag="whisper-asr-webservice", dialect=WHISPER_ASR)
_FIELDS = tuple(WhisperQuery.model_fields)
_COUNTS = ("min_speakers", "max_speakers")
_NAME = {"Content-Disposition": {"description": "A name to save it by.", "schema": {"type": "string"}}}
_SAID = {
    "description": "What was said, in the `output`.",
    "content": {"text/plain": {"schema": {"type": "string"}}},
    "headers": IGNORED | WARNED | _NAME,
}
Fields = MultiDict[str, str]


@blueprint.post(
    "/asr",
    responses={200: _SAID, **refusals(400, 409, 415, 422, 503, dialect=WHISPER_ASR)},
    openapi_extensions=unread(query=WhisperQuery, form=WhisperUpload),
    strict_slashes=False,
)
@takes_upload_as("audio_file")
def asr() -> Response:
    """A recording in, what was said out

    It waits for its result however long that takes.
    """
    recording, name, fields = _received()
    output = (text(fields, "output") or "txt").lower()
    if output not in whisper_asr.FORMATS:
        raise InvalidOption(f"output must be one of {', '.join(whisper_asr.FORMATS)}.", field="output")
    speakers, words = flag(fields, "diarize"), flag(fields, "word_timestamps")
    _check_task(fields)
    _ignore(fields, words=words and output != "json")
    work = submit(_sound(recording, fields), name, _options(fields, speakers=speakers))
    told = {"speakers": speakers} | ({"words": words} if output == "json" else {})
    written = whisper_asr.FORMATS[output](work.result(), **told)
    response = Response(written, mimetype="text/plain")
    response.headers["Content-Disposition"] = f'attachment; filename="{quote(name)}.{output}"'
    return response


@blueprint.post(
    "/detect-language",
    responses={
        200: body(DetectedLanguage, headers=IGNORED | WARNED),
        **refusals(400, 409, 415, 422, 503, dialect=WHISPER_ASR),
    },
    openapi_extensions=unread(query=DetectQuery, form=DetectUpload),
    strict_slashes=False,
)
@takes_upload_as("audio_file", "file", "audio")
def detect_language() -> Response:
    """What is spoken in a recording, and how sure that is"""
    recording, name, fields = _received()
    _ignore_unknown(fields, ("encode",))
    work = submit(_sound(recording, fields), name, Options(only_language=True))
    return jsonify(whisper_asr.language(work.result()))


def _received() -> tuple[Path, str, Fields]:
    upload = cast(UploadRequest, request)
    current_service().check_open(current_caller().id)
    audio = received_audio(upload)
    return stored_path(audio), recording_name(audio.filename), CombinedMultiDict([upload.args, upload.form])


def _sound(recording: Path, fields: Fields) -> Path:
    return recording if flag(fields, "encode", usually=True) else with_header(recording)


def _options(fields: Fields, *, speakers: bool) -> Options:
    """speakers: the answer names them; where it does not, how many there are is nobody's concern."""
    counts = {name: count for name, count in speaker_counts(fields).items() if name in _COUNTS}
    ignore([] if speakers else [name for name, count in counts.items() if count is not None])
    language = (text(fields, "language") or "").lower() or None
    options = replace(Options(language), **counts)  # so that a count which makes no sense is refused in any case
    return options if speakers else Options(language)


def _check_task(fields: Fields) -> None:
    task = text(fields, "task") or "transcribe"
    if task == "translate":
        raise Unsupported("This service does not translate; it writes down what was said.", field="task")
    if task != "transcribe":
        raise InvalidOption("task must be transcribe.", field="task")


def _ignore(fields: Fields, *, words: bool) -> None:
    """words: there is no place for them."""
    ignore(["initial_prompt"] if text(fields, "initial_prompt") else [])
    ignore([] if flag(fields, "vad_filter", usually=True) else ["vad_filter"])
    ignore(["word_timestamps"] if words else [])
    _ignore_unknown(fields, _FIELDS)


def _ignore_unknown(fields: Fields, known: Sequence[str]) -> None:
    ignore(sorted({name or "" for name in fields} - {*known}))
