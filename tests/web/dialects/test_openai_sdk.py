"""OpenAI's own client, against live servers: over fakes, and over the models of the offline profile."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import openai
import pytest
import soundfile
from openai import OpenAI

from pipeline.recogniser import NO_KEYTERMS
from tests.fakes import IN_TIME, wav
from tests.media import SAMPLE
from tests.web.conftest import LiveServer
from tests.web.dialects.talk import TEXT


@pytest.fixture(scope="module")
def client(live: LiveServer) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{live.url}/v1", api_key="unused", max_retries=0, timeout=IN_TIME) as client:
        yield client


@pytest.fixture(scope="module")
def real(offline: LiveServer) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{offline.url}/v1", api_key="unused", max_retries=0, timeout=600) as client:
        yield client


def sound(name: str = "a.wav") -> tuple[str, io.BytesIO]:
    return name, io.BytesIO(wav())


def data_url(start: float, end: float) -> str:
    """A stretch of the sample."""
    sound = io.BytesIO()
    samples, rate = soundfile.read(SAMPLE)
    soundfile.write(sound, samples[round(start * rate) : round(end * rate)], rate, format="WAV")
    return f"data:audio/wav;base64,{base64.b64encode(sound.getvalue()).decode()}"


def test_models(client: OpenAI) -> None:
    listed = {model.id for model in client.models.list()}
    assert {"whisper-1", "talk"} <= listed
    assert client.models.retrieve("whisper-1").object == "model"
    with pytest.raises(openai.NotFoundError) as raised:
        client.models.retrieve("tts-1")
    assert (raised.value.code, raised.value.param) == ("model_not_found", "model")


def test_transcriptions_in_every_format(client: OpenAI) -> None:
    create = client.audio.transcriptions.create
    assert create(file=sound(), model="whisper-1").text == TEXT
    verbose = create(
        file=sound(), model="whisper-1", response_format="verbose_json", timestamp_granularities=["word", "segment"]
    )
    assert (verbose.language, verbose.duration) == ("english", 2.5)
    assert verbose.segments
    assert [(one.id, one.start, one.end) for one in verbose.segments] == [(0, 0.5, 1.5), (1, 1.75, 2.25)]
    assert verbose.words
    assert [word.word for word in verbose.words] == TEXT.split()
    diarized = create(file=sound(), model="gpt-4o-transcribe-diarize", response_format="diarized_json")
    assert [(one.speaker, one.text) for one in diarized.segments] == [("A", "Shall we begin?"), ("B", "Yes, Anna.")]
    assert create(file=sound(), model="whisper-1", response_format="text") == f"{TEXT}\n"
    assert "00:00:00,500 --> 00:00:01,500" in create(file=sound(), model="whisper-1", response_format="srt")
    assert "00:00:00.500 --> 00:00:01.500" in create(file=sound(), model="whisper-1", response_format="vtt")


def test_everything_that_the_client_can_send_is_understood(client: OpenAI) -> None:
    answer = client.audio.transcriptions.with_raw_response.create(
        file=sound(),
        model="gpt-4o-transcribe",
        language="en",
        languages=["en", "de"],
        prompt="A meeting.",
        keywords=["Anna"],
        temperature=0.2,
        include=["logprobs"],
        known_speaker_names=["Anna"],
        known_speaker_references=[data_url(0, 3)],
        chunking_strategy={"type": "server_vad", "threshold": 0.5},
        extra_body={"num_speakers": 2},
    )
    named = set(answer.headers["X-Ignored-Parameters"].split(", "))
    assert named == {
        "languages",
        "prompt",
        "keywords",
        "temperature",
        "include",
        "chunking_strategy",
        "known_speaker_names",
        "known_speaker_references",
    }
    assert answer.parse().text == TEXT


@pytest.mark.parametrize("response_format", ["json", "diarized_json"])
def test_a_stream(client: OpenAI, response_format: str) -> None:
    events = [
        *client.audio.transcriptions.create(
            file=sound(), model="gpt-4o-transcribe-diarize", response_format=response_format, stream=True
        )
    ]
    assert "".join(event.delta for event in events if event.type == "transcript.text.delta") == TEXT
    assert events[-1].type == "transcript.text.done"
    assert events[-1].text == TEXT
    segments = [event for event in events if event.type == "transcript.text.segment"]
    assert [event.speaker for event in segments] == (["A", "B"] if response_format == "diarized_json" else [])


def test_a_stream_ends_with_what_had_no_effect(client: OpenAI) -> None:
    streamed = client.audio.transcriptions.with_raw_response.create(
        file=sound(), model="whisper-1", prompt="A meeting.", keywords=["Anna"], stream=True
    )
    assert streamed.headers["X-Ignored-Parameters"] == "prompt"
    *_, end = streamed.parse()
    assert end.type == "transcript.text.done"
    assert (end.model_extra or {})["warnings"] == [
        f"{NO_KEYTERMS} with this recogniser.",
        "prompt has no effect here.",
        "keywords has no effect here.",
    ]


def test_errors_are_the_clients_own(client: OpenAI) -> None:
    create = client.audio.transcriptions.create
    with pytest.raises(openai.NotFoundError, match="no such model"):
        create(file=sound(), model="whisper-9")
    with pytest.raises(openai.BadRequestError) as raised:
        create(file=("a.wav", io.BytesIO(b"no sound")), model="whisper-1")
    assert (raised.value.code, raised.value.type) == ("unsupported_media", "invalid_request_error")
    with pytest.raises(openai.InternalServerError):
        create(file=sound("fault.wav"), model="whisper-1")
    with pytest.raises(openai.BadRequestError, match="does not translate"):
        client.audio.translations.create(file=sound(), model="whisper-1")
    with pytest.raises(openai.APIError, match="no usable sound"):
        list(create(file=sound("silence.wav"), model="whisper-1", stream=True))
    with pytest.raises(openai.AuthenticationError) as denied:
        client.with_options(api_key=f"dk_aaaaaaaa_{'x' * 43}").models.list()
    assert denied.value.code == "invalid_api_key"


def test_the_offline_profile_writes_down_who_said_what(real: OpenAI) -> None:
    create = real.audio.transcriptions.create
    text = create(file=SAMPLE, model="whisper-1").text
    assert text.startswith("Let us start.")
    diarized = create(file=SAMPLE, model="gpt-4o-transcribe-diarize", response_format="diarized_json")
    assert diarized.text == text
    assert {one.speaker for one in diarized.segments} == {"A", "B", "C"}
    assert diarized.segments[0].speaker == "A"
    assert diarized.duration == pytest.approx(71, abs=0.5)
    assert all(0 <= one.start < one.end <= diarized.duration for one in diarized.segments)


def test_the_offline_profile_tells_times_and_subtitles(real: OpenAI) -> None:
    create = real.audio.transcriptions.create
    verbose = create(
        file=SAMPLE, model="whisper-1", response_format="verbose_json", timestamp_granularities=["word", "segment"]
    )
    assert verbose.language == "english"
    assert verbose.words
    assert " ".join(word.word for word in verbose.words) == verbose.text
    assert all(word.start <= word.end <= verbose.duration for word in verbose.words)
    assert verbose.segments
    assert all(-1 < segment.avg_logprob < 0 for segment in verbose.segments)
    srt = create(file=SAMPLE, model="gpt-4o-transcribe-diarize", response_format="srt")
    assert srt.splitlines()[2].startswith("A: Let us start.")
    assert create(file=SAMPLE, model="whisper-1", response_format="vtt").startswith("WEBVTT\n\n00:00:0")


def test_the_offline_profile_knows_a_voice_by_a_reference(real: OpenAI) -> None:
    create = real.audio.transcriptions.create
    asked = {"file": SAMPLE, "model": "gpt-4o-transcribe-diarize", "response_format": "diarized_json"}
    unnamed = create(**asked)
    longest = max((one for one in unnamed.segments if one.speaker == "B"), key=lambda one: one.end - one.start)
    url = data_url(longest.start, longest.end)
    named = create(**asked, known_speaker_names=["Berta"], known_speaker_references=[url])
    assert [one.speaker for one in named.segments] == [
        {"A": "A", "B": "Berta", "C": "B"}[one.speaker] for one in unnamed.segments
    ]
    streamed = create(**asked, known_speaker_names=["Berta"], known_speaker_references=[url], stream=True)
    assert [event.speaker for event in streamed if event.type == "transcript.text.segment"] == [
        one.speaker for one in named.segments
    ]
    with pytest.raises(openai.BadRequestError, match=r"has 0\.\d s of clean speech") as refused:
        create(**asked, known_speaker_names=["Berta"], known_speaker_references=[data_url(3.0, 3.8)])
    assert (refused.value.code, refused.value.param) == ("voice_too_short", "known_speaker_references")


def test_the_offline_profile_streams(real: OpenAI) -> None:
    model = "gpt-4o-transcribe-diarize"
    events = [*real.audio.transcriptions.create(file=SAMPLE, model=model, response_format="diarized_json", stream=True)]
    assert events[-1].type == "transcript.text.done"
    text = "".join(event.delta for event in events if event.type == "transcript.text.delta")
    assert events[-1].text == text
    assert text.startswith("Let us start.")
    segments = [event for event in events if event.type == "transcript.text.segment"]
    assert {event.speaker for event in segments} == {"A", "B", "C"}
    assert [event.id for event in segments] == [f"seg_{number + 1:03d}" for number in range(len(segments))]
