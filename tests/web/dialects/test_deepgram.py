"""Deepgram's own client, against a live server."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from deepgram import DeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.errors import BadRequestError
from flask.testing import FlaskClient

from keys.key import new_text
from settings import ROOT
from tests.fakes import wav
from tests.web.conftest import LiveServer
from tests.web.dialects.conftest import Talking
from tests.web.dialects.talking import SILENCE, TEXT

ONCE: Any = {"request_options": {"max_retries": 0}}  # a refusal stays one


def client_of(server: LiveServer, key: str) -> DeepgramClient:
    places = dict.fromkeys(("base", "production", "agent", "agent_rest"), server.url)
    return DeepgramClient(api_key=key, environment=DeepgramClientEnvironment(**places))


@pytest.fixture
def deepgram(talking: Talking) -> DeepgramClient:
    return client_of(talking.server, talking.ana)


def heard(client: DeepgramClient, sound: bytes = wav(), **asked: Any) -> Any:
    return client.listen.v1.media.transcribe_file(request=sound, **ONCE, **asked)


def test_a_recording_is_transcribed(deepgram: DeepgramClient) -> None:
    answer = heard(deepgram, model="nova-3")
    (channel,) = answer.results.channels
    (alternative,) = channel.alternatives
    assert alternative.transcript == "good morning everybody shall we begin yes three things as always good"
    assert [(word.word, word.start, word.end) for word in alternative.words][:2] == [
        ("good", 0.25, 0.65),
        ("morning", 0.75, 1.15),
    ]
    assert alternative.words[0].speaker is None
    assert (answer.metadata.channels, answer.metadata.models) == (1, ["fake"])
    assert answer.metadata.sha256 == hashlib.sha256(wav()).hexdigest()
    assert answer.metadata.duration == 7.6


def test_who_says_what_in_paragraphs_and_utterances(deepgram: DeepgramClient) -> None:
    answer = heard(deepgram, smart_format=True, diarize=True, utterances=True, detect_language=True)
    (channel,) = answer.results.channels
    (alternative,) = channel.alternatives
    assert alternative.transcript == TEXT
    assert alternative.words[0].punctuated_word == "Good"
    assert [word.speaker for word in alternative.words] == [0] * 6 + [1] * 5 + [0]
    assert {word.speaker_confidence for word in alternative.words} == {0.8}
    assert [paragraph.speaker for paragraph in alternative.paragraphs.paragraphs] == [0, 1, 0]
    assert alternative.paragraphs.transcript.startswith(
        "\nSpeaker 0: Good morning, everybody. Shall we begin?\n\nSpeaker 1:"
    )
    assert [(row.speaker, row.start, row.transcript) for row in answer.results.utterances][1] == (
        1,
        3.5,
        "Yes. Three things, as always.",
    )
    assert channel.detected_language == "en"


def test_channels_are_those_of_the_recording(deepgram: DeepgramClient) -> None:
    answer = heard(deepgram, wav(channels=2), multichannel=True, punctuate=True, utterances=True)
    assert answer.metadata.channels == 2
    texts = [channel.alternatives[0].transcript for channel in answer.results.channels]
    assert texts == ["Yes. Three things, as always.", "Good morning, everybody. Shall we begin? Good."]
    assert [row.channel for row in answer.results.utterances] == [1, 0, 1]
    assert answer.warnings == ["channels=per_channel"]


def test_what_can_be_honoured_is(deepgram: DeepgramClient) -> None:
    answer = heard(
        deepgram,
        language="de-CH",
        keyterm=["NeMo", "open  source"],
        keywords=["plain", "more:2", "less:-1"],
        tag=["a", "b"],
        extra="case:7",
        diarize_model="latest",
    )
    options = "language=de, keyterms=('NeMo', 'open source', 'plain', 'more')"
    assert {*answer.warnings} == {"Parameters without effect: diarize_model, keywords.", options}
    assert (answer.metadata.tags, answer.metadata.extra) == (["a", "b"], {"case": "7"})
    assert answer.results.channels[0].alternatives[0].words[0].speaker == 0


def test_what_has_no_effect_is_named(deepgram: DeepgramClient) -> None:
    asked: dict[str, Any] = {"model": "nova-3", "numerals": True, "measurements": False, "extra": ["no pair", "a:b"]}
    raw = deepgram.listen.v1.media.with_raw_response.transcribe_file(
        request=wav(), language="multi", punctuate=True, **asked, **ONCE
    )
    assert raw.headers["x-ignored-parameters"] == "numerals, model, language, extra"
    for nothing in ("", "false", "False"):
        clean = deepgram.listen.v1.media.with_raw_response.transcribe_file(request=wav(), redact=nothing, **ONCE)
        assert "x-ignored-parameters" not in clean.headers


def test_a_pause_has_no_effect_without_utterances(client: FlaskClient) -> None:
    named = client.post("/v1/listen?utt_split=0.5", data=wav()).headers["X-Ignored-Parameters"]
    assert named == "utt_split"
    both = client.post("/v1/listen?utt_split=0.5&utterances=true&detect_language=True", data=wav())
    assert "X-Ignored-Parameters" not in both.headers


@pytest.mark.parametrize(
    "asked",
    [
        {"redact": "pci"},
        {"callback": "https://example.org/hook"},
        {"summarize": "v2"},
        {"search": ["x"]},
        {"profanity_filter": True},
        {"language": "tlh"},
        {"utt_split": -1},
        {"keyterm": ["x" * 101]},
    ],
)
def test_what_cannot_be_honoured_is_refused(deepgram: DeepgramClient, asked: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError) as refused:
        heard(deepgram, **asked)
    assert refused.value.body["err_code"] == "Bad Request"
    assert refused.value.body["err_msg"].startswith(next(iter(asked)))
    assert refused.value.body["request_id"] == (refused.value.headers or {})["x-request-id"]


def test_addresses_are_not_fetched(deepgram: DeepgramClient) -> None:
    with pytest.raises(BadRequestError) as refused:
        deepgram.listen.v1.media.transcribe_url(url="http://127.0.0.1/x.wav", **ONCE)
    assert "fetches no address" in refused.value.body["err_msg"]


@pytest.mark.parametrize("sound", [b"", b"no sound", wav()[:60]])
def test_what_is_no_recording_is_refused(deepgram: DeepgramClient, sound: bytes) -> None:
    with pytest.raises(BadRequestError) as refused:
        deepgram.listen.v1.media.transcribe_file(request=sound, **ONCE)
    assert set(refused.value.body) == {"err_code", "err_msg", "request_id"}


def test_a_recording_may_come_in_pieces_but_no_more_of_them_than_fit(deepgram: DeepgramClient) -> None:
    def pieces(sound: bytes) -> Iterator[bytes]:
        yield from (sound[at : at + 1000] for at in range(0, len(sound), 1000))

    media = deepgram.listen.v1.media
    answer: Any = media.transcribe_file(request=pieces(wav()), punctuate=True, **ONCE)
    assert answer.results.channels[0].alternatives[0].transcript == TEXT
    with pytest.raises(ApiError) as refused:
        media.transcribe_file(request=pieces(bytes(2 * 2**20)), **ONCE)
    assert refused.value.status_code == 413
    assert refused.value.body["err_code"] == "Payload Too Large"


def test_a_recording_without_sound_is_refused(deepgram: DeepgramClient) -> None:
    with pytest.raises(BadRequestError) as refused:
        heard(deepgram, keyterm=[SILENCE])
    assert "no usable sound" in refused.value.body["err_msg"]


@pytest.mark.parametrize("make", [lambda: "nobody's", new_text])
def test_a_wrong_key_is_refused(talking: Talking, make: Callable[[], str]) -> None:
    with pytest.raises(ApiError) as refused:
        heard(client_of(talking.server, make()))
    assert refused.value.status_code == 401
    assert refused.value.body["err_code"] == "INVALID_AUTH"
    assert (refused.value.headers or {})["www-authenticate"].startswith("Token ")


def test_answers_are_as_described(client: FlaskClient) -> None:
    """The app of this fixture is held against its document."""
    every = "diarize=true&utterances=true&smart_format=true&multichannel=true&detect_language=true&tag=a&extra=a:b"
    for query in ("", every):
        assert client.post(f"/v1/listen?{query}", data=wav()).status_code == 200
    assert client.post("/v1/listen", json={"url": "http://a"}).status_code == 400
    assert client.post("/v1/listen", data=b"").status_code == 400


def test_with_the_models_of_the_offline_profile(offline: LiveServer) -> None:
    recording = (ROOT / "samples" / "planning_meeting.flac").read_bytes()
    listen = client_of(offline, "anything").listen.v1.media
    answer: Any = listen.transcribe_file(
        request=recording, smart_format=True, diarize=True, utterances=True, request_options={"timeout_in_seconds": 300}
    )
    (channel,) = answer.results.channels
    (alternative,) = channel.alternatives
    assert "three things to decide" in alternative.transcript.lower()
    assert {word.speaker for word in alternative.words} == {0, 1, 2}
    assert all(0 <= word.start <= word.end <= answer.metadata.duration for word in alternative.words)
    assert {row.speaker for row in answer.results.utterances} == {0, 1, 2}
    assert "whisper-base" in answer.metadata.models
    with pytest.raises(BadRequestError):
        listen.transcribe_file(request=b"no sound", **ONCE)
    with pytest.raises(ApiError) as refused:
        client_of(offline, new_text()).listen.v1.media.transcribe_file(request=recording, **ONCE)
    assert refused.value.status_code == 401
