"""POST /v1/listen: Deepgram's API, as far as it is about recordings."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from flask import Response, jsonify, request

from dialects.deepgram import Received, Wanted, to_dict
from dialects.languages import code_of
from errors import InvalidOption, UnsupportedMedia
from logging_setup import request_id
from pipeline.types import Options
from web.bodies import takes_upload_as
from web.callers import current_caller
from web.context import current_service
from web.dialects.known import DEEPGRAM
from web.dialects.parameters import idle, phrases, profile_named, without_effect
from web.ignored import IGNORED
from web.responses import body, refusals
from web.routes import Routes, unread
from web.schemas.deepgram import Listened, ListenQuery
from web.upload import UploadRequest, received_body
from web.waiting import submit
from web.warned import WARNED

blueprint = Routes("deepgram", __name__, url_prefix="/v1", tag="Deepgram", dialect=DEEPGRAM)
# Whoever asks for one of these would miss it in the answer.
_REFUSED = (
    "callback",
    "redact",
    "replace",
    "search",
    "profanity_filter",
    "summarize",
    "topics",
    "custom_topic",
    "intents",
    "custom_intent",
    "sentiment",
    "detect_entities",
)
_WEIGHT = re.compile(r":(-?[0-9]+(?:\.[0-9]+)?)$")


@blueprint.post(
    "/listen",
    responses={200: body(Listened, headers=IGNORED | WARNED), **refusals(400, 415, 422, dialect=DEEPGRAM)},
    openapi_extensions=unread(recording=True),
)
@takes_upload_as()
def listen(query: ListenQuery) -> Response:
    """A recording as the body, what was said as the answer"""
    service, created = current_service(), time.time()
    _check_body()
    options, wanted = _options(query), _wanted(query)
    warnings = without_effect(_idle(query, options))
    service.check_open(current_caller().id)
    recording = received_body(cast(UploadRequest, request))
    received = Received(request_id.get(), created, _sha256(recording))
    conversation = submit(recording, "audio", options, warnings).result()
    return jsonify(to_dict(conversation, wanted, received))


def _check_body() -> None:
    if request.is_json:
        raise UnsupportedMedia("This server fetches no address: send the recording itself as the body.", field="url")


def _options(query: ListenQuery) -> Options:
    return Options(
        language=_language(query.language),
        channels="per_channel" if query.multichannel else "mix",
        keyterms=phrases([*query.keyterm, *_boosted(query.keywords)]),
        profile=profile_named(query.model),
    )


def _language(tag: str | None) -> str | None:
    if tag in (None, "multi"):
        return None
    if (code := code_of(tag)) is None:
        raise InvalidOption("language must be one that this server knows.", field="language")
    return code


def _boosted(keywords: list[str]) -> Iterator[str]:
    """Without their weights; a word that is to be heard less is left out."""
    for word in keywords:
        weight = _WEIGHT.search(word)
        if weight is None or float(weight[1]) > 0:
            yield _WEIGHT.sub("", word)


def _wanted(query: ListenQuery) -> Wanted:
    paragraphs = query.paragraphs or query.smart_format
    return Wanted(
        speakers=query.diarize or bool(query.diarize_model),
        punctuation=query.punctuate or paragraphs,
        paragraphs=paragraphs,
        utterances=query.utterances,
        channels=query.multichannel,
        language=any(value.lower() != "false" for value in query.detect_language),
        pause=query.utt_split,
        tags=tuple(query.tag),
        extra=dict(pair.split(":", 1) for pair in query.extra if ":" in pair),
    )


def _idle(query: ListenQuery, options: Options) -> list[str]:
    """The names of what was sent and changes nothing. Raises Unsupported for what must not be missed."""
    given = [name for name in request.args if {value.lower() for value in request.args.getlist(name)} - {"", "false"}]
    names = idle(given, ListenQuery.model_fields, _REFUSED)
    names += ["model"] if query.model and not options.profile else []
    names += ["diarize_model"] if query.diarize_model else []
    names += ["language"] if query.language == "multi" else []
    names += ["detect_language"] if {value.lower() for value in query.detect_language} - {"true", "false"} else []
    names += ["utt_split"] if "utt_split" in given and not query.utterances else []
    names += ["extra"] if any(":" not in pair for pair in query.extra) else []
    return names + (["keywords"] if any(map(_WEIGHT.search, query.keywords)) else [])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
