"""AssemblyAI's own client, against a live server."""

from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import assemblyai as aai
import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from keys.key import new_text
from settings import ROOT
from tests.fakes import IN_TIME, fake_settings, wait_until, wav
from tests.held import HeldExecutor
from tests.receiver import receiver
from tests.web.conformance import Conformance
from tests.web.conftest import LiveServer, StartServer
from tests.web.dialects.conftest import MOST, Talking
from tests.web.dialects.talking import SILENCE, SLOW, TEXT
from web.context import service_of
from web.ignored import HEADER

PATIENCE = 120  # s; that a busy machine may take


def client_of(server: LiveServer, key: str) -> aai.Client:
    return aai.Client(settings=aai.Settings(base_url=server.url, api_key=key, polling_interval=0.05))


@pytest.fixture
def mine(talking: Talking) -> aai.Client:
    return client_of(talking.server, talking.ana)


@pytest.fixture
def transcriber(mine: aai.Client) -> aai.Transcriber:
    return aai.Transcriber(client=mine)


def wanted(**config: Any) -> aai.TranscriptionConfig:
    return aai.TranscriptionConfig(**config)


def test_a_recording_is_transcribed(transcriber: aai.Transcriber) -> None:
    transcript = transcriber.transcribe(wav(), poll_timeout=PATIENCE)
    assert (transcript.status, transcript.error) == (aai.TranscriptStatus.completed, None)
    assert transcript.text == TEXT
    words = transcript.words or []
    assert [(word.text, word.start, word.end) for word in words][:2] == [("Good", 250, 650), ("morning,", 750, 1150)]
    assert {word.speaker for word in words} == {None}
    assert transcript.utterances is None
    assert (transcript.audio_duration, transcript.confidence, transcript.language_code) == (8, 0.9, "en")
    assert transcript.speech_model_used == "fake"


def test_who_says_what(transcriber: aai.Transcriber) -> None:
    transcript = transcriber.transcribe(wav(), wanted(speaker_labels=True))
    found = [(row.speaker, row.start, row.end, row.text) for row in transcript.utterances or []]
    assert found == [
        ("A", 250, 3150, "Good morning, everybody. Shall we begin?"),
        ("B", 3500, 5900, "Yes. Three things, as always."),
        ("A", 6125, 6525, "Good."),
    ]
    assert [word.speaker for word in transcript.words or []] == ["A"] * 6 + ["B"] * 5 + ["A"]


def test_channels_are_those_of_the_recording(transcriber: aai.Transcriber) -> None:
    transcript = transcriber.transcribe(wav(channels=2), wanted(multichannel=True))
    assert [(row.channel, row.speaker) for row in transcript.utterances or []] == [("2", "2"), ("1", "1"), ("2", "2")]
    assert (transcript.json_response or {})["audio_channels"] == 2


def test_text_without_punctuation_and_capitals(transcriber: aai.Transcriber) -> None:
    transcript = transcriber.transcribe(wav(), wanted(punctuate=False, format_text=False))
    assert transcript.text == "good morning everybody shall we begin yes three things as always good"
    assert (transcript.config.punctuate, transcript.config.format_text) == (False, False)


def test_subtitles_sentences_paragraphs_and_places_of_words(transcriber: aai.Transcriber) -> None:
    transcript = transcriber.transcribe(wav(), wanted(speaker_labels=True))
    assert transcript.export_subtitles_srt().startswith(
        "1\n00:00:00,250 --> 00:00:03,150\nGood morning, everybody. Shall we begin?\n\n2\n"
    )
    vtt = transcript.export_subtitles_vtt(chars_per_caption=20)
    assert vtt.startswith("WEBVTT\n\n00:00:00.250 --> 00:00:01.150\nGood morning,\n\n")
    assert [row.text for row in transcript.get_sentences()][1:3] == ["Shall we begin?", "Yes."]
    assert [(row.start, row.text) for row in transcript.get_paragraphs()][2] == (6125, "Good.")
    (match,) = transcript.word_search(["three things", "nobody"])
    assert (match.text, match.count, match.timestamps, match.indexes) == ("three things", 1, [(4000, 4900)], [7])


def test_what_can_be_honoured_is(transcriber: aai.Transcriber) -> None:
    config = wanted(
        speaker_labels=True,
        speakers_expected=2,
        language_code="de_ch",
        keyterms_prompt=["NeMo"],
        word_boost=["open  source"],
        speech_models=["universal"],
        disfluencies=True,
    )
    transcript = transcriber.transcribe(wav(), config)
    body = transcript.json_response or {}
    told = {warning["message"] for warning in body["metadata"]["warnings"]}
    assert told == {
        "Parameters without effect: disfluencies, speech_models.",
        "language=de, num_speakers=2, keyterms=('NeMo', 'open source')",
    }
    echoed = ("speaker_labels", "speakers_expected", "language_code", "language_detection", "keyterms_prompt")
    assert [body[name] for name in echoed] == [True, 2, "de", False, ["NeMo"]]
    bounds = aai.SpeakerOptions(min_speakers_expected=2, max_speakers_expected=4, use_two_stage_clustering=True)
    bounded = transcriber.transcribe(wav(), wanted(speaker_labels=True, speaker_options=bounds)).json_response or {}
    assert {warning["message"] for warning in bounded["metadata"]["warnings"]} == {
        "Parameters without effect: speaker_options.use_two_stage_clustering.",
        "min_speakers=2, max_speakers=4",
    }


def test_what_has_no_effect_is_named(mine: aai.Client, transcriber: aai.Transcriber) -> None:
    transcriber.submit(wav(), wanted(disfluencies=True, temperature=0.5, redact_pii=False))
    assert mine.last_response is not None
    assert {*mine.last_response.headers[HEADER].split(", ")} == {"disfluencies", "temperature"}


HOOK = {"webhook_url": "https://example.org"}


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"redact_pii": True, "redact_pii_policies": [aai.PIIRedactionPolicy.person_name]}, "redact_pii"),
        ({"summarization": True}, "summarization"),
        ({"audio_start_from": 1000}, "audio_start_from"),
        ({"custom_spelling": {"NeMo": ["nemo"]}}, "custom_spelling"),
        ({"speech_threshold": 0.5}, "speech_threshold"),
        ({**HOOK, "webhook_auth_header_name": "a", "webhook_auth_header_value": "b"}, "webhook_auth_header_name"),
        ({"language_code": "tlh"}, "language_code"),
        ({"speakers_expected": 51}, "speakers_expected"),
        ({"keyterms_prompt": ["x" * 101]}, "keyterms_prompt may hold"),
        ({"multichannel": True, "speakers_expected": 2}, "multichannel gives"),
        ({"webhook_url": "http://169.254.169.254/x"}, "webhook_url"),
    ],
)
def test_what_cannot_be_honoured_is_refused(transcriber: aai.Transcriber, config: dict[str, Any], named: str) -> None:
    with pytest.raises(aai.TranscriptError, match=named) as refused:
        transcriber.submit(wav(), wanted(**config))
    assert refused.value.status_code == 400


@pytest.mark.parametrize(
    "address",
    ["https://example.org/a.wav", "http://127.0.0.1/v2/upload/x", "https://cdn.assemblyai.com/upload/1"],
)
def test_addresses_are_not_fetched(transcriber: aai.Transcriber, address: str) -> None:
    with pytest.raises(aai.TranscriptError, match="no other address is fetched"):
        transcriber.transcribe(address)


def test_an_upload_is_good_for_its_key_again_and_again(talking: Talking, transcriber: aai.Transcriber) -> None:
    address = transcriber.upload_file(io.BytesIO(wav()))
    assert transcriber.transcribe(address).text == transcriber.transcribe(address).text == TEXT
    with pytest.raises(aai.TranscriptError, match="no such upload") as refused:
        aai.Transcriber(client=client_of(talking.server, talking.bob)).transcribe(address)
    assert refused.value.status_code == 400


def test_so_many_uploads_wait_and_those_that_were_used_make_room(talking: Talking) -> None:
    bob = client_of(talking.server, talking.bob)
    transcriber = aai.Transcriber(client=bob)
    first, *_ = [transcriber.upload_file(wav()) for _ in range(MOST)]
    with pytest.raises(aai.TranscriptError, match=f"At most {MOST} uploads") as refused:
        transcriber.upload_file(wav())
    assert refused.value.status_code == 429
    assert bob.last_response is not None
    assert int(bob.last_response.headers["Retry-After"]) > 0
    transcriber.submit(first)
    transcriber.upload_file(wav())


def test_uploads_come_in_pieces_and_are_limited(talking: Talking, transcriber: aai.Transcriber) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (bytes(1000) for _ in range(2000))

    upload, key = f"{talking.server.url}/v2/upload", {"authorization": talking.ana}
    for sent in (pieces(), bytes(2 * 2**20)):
        refused = requests.post(upload, data=sent, headers=key, timeout=IN_TIME)
        assert (refused.status_code, [*refused.json()]) == (413, ["error"])
    with pytest.raises(aai.TranscriptError, match="no recording"):
        transcriber.upload_file(b"")


def test_what_is_no_recording_is_refused(transcriber: aai.Transcriber) -> None:
    with pytest.raises(aai.TranscriptError, match="failed to transcribe url") as refused:
        transcriber.transcribe(b"no sound")
    assert refused.value.status_code == 400


def test_a_failed_transcript_says_why(transcriber: aai.Transcriber) -> None:
    transcript = transcriber.transcribe(wav(), wanted(keyterms_prompt=[SILENCE]))
    assert (transcript.status, transcript.text, transcript.words) == (aai.TranscriptStatus.error, None, None)
    assert transcript.error == "There is no usable sound in the recording."
    with pytest.raises(aai.TranscriptError, match="no usable sound"):
        transcript.export_subtitles_srt()


@pytest.mark.parametrize("make", [lambda: "nobody's", new_text])
def test_a_wrong_key_is_refused(talking: Talking, make: Callable[[], str]) -> None:
    client = client_of(talking.server, make())

    for call in (aai.Transcriber(client=client).upload_file, partial(aai.api.get_transcript, client.http_client)):
        with pytest.raises(aai.TranscriptError, match="API key") as refused:
            call(b"f")
        assert refused.value.status_code == 401


def test_nobody_sees_anothers_transcript(talking: Talking, transcriber: aai.Transcriber) -> None:
    id = transcriber.transcribe(wav()).id
    for key, unknown in ((talking.bob, id), (talking.ana, "f" * 32), (talking.ana, "no-id")):
        with pytest.raises(aai.TranscriptError, match="no such job") as refused:
            aai.Transcript(unknown, client_of(talking.server, key)).wait_for_completion()
        assert refused.value.status_code == 404


def test_pages_go_from_newer_to_older_ones(transcriber: aai.Transcriber) -> None:
    ids = [transcriber.transcribe(wav()).id for _ in range(3)][::-1]
    page = transcriber.list_transcripts(aai.ListTranscriptParameters(limit=2))
    assert [item.id for item in page.transcripts] == ids[:2]
    assert page.page_details.result_count == 2
    assert page.transcripts[0].completed
    older = aai.ListTranscriptParameters(limit=1, before_id=page.page_details.before_id_of_prev_url)
    assert [item.id for item in transcriber.list_transcripts(older).transcripts] == ids[2:]
    newer = aai.ListTranscriptParameters(after_id=ids[2], status=aai.TranscriptStatus.completed)
    assert [item.id for item in transcriber.list_transcripts(newer).transcripts] == ids[:2]
    failed = aai.ListTranscriptParameters(after_id=ids[2], status=aai.TranscriptStatus.error)
    assert transcriber.list_transcripts(failed).transcripts == []
    with pytest.raises(aai.AssemblyAIError, match="created_on"):
        transcriber.list_transcripts(aai.ListTranscriptParameters(created_on="2026-01-31"))


def test_a_transcript_is_a_job_and_what_people_change_there_is_seen_here(talking: Talking, mine: aai.Client) -> None:
    server, key = talking.server, {"X-API-Key": talking.ana}
    made = requests.post(f"{server.url}/jobs", files={"audio": ("a.wav", wav())}, headers=key, timeout=IN_TIME).json()
    transcript = aai.Transcript(made["id"], mine).wait_for_completion()
    assert [row.speaker for row in transcript.utterances or []] == ["A", "B", "A"]
    assert transcript.audio_url == f"{server.url}/jobs/{made['id']}/audio"
    edit = {"changes": [{"edit": "rename", "speaker": "SPEAKER_01", "name": "Anna"}]}
    speakers = f"{server.url}/jobs/{made['id']}/speakers"
    requests.patch(speakers, json=edit, headers=key, timeout=IN_TIME).raise_for_status()
    named = aai.Transcript(made["id"], mine).wait_for_completion()
    assert [row.speaker for row in named.utterances or []] == ["A", "Anna", "A"]


def test_a_transcript_is_erased(mine: aai.Client, transcriber: aai.Transcriber) -> None:
    id = transcriber.transcribe(wav()).id
    gone = mine.http_client.delete(f"/v2/transcript/{id}")
    assert gone.status_code == 200
    shown = aai.types.TranscriptResponse(**gone.json())
    assert (shown.id, shown.status, shown.text, shown.words) == (id, aai.TranscriptStatus.completed, None, None)
    assert mine.http_client.get(f"/v2/transcript/{id}").status_code == 404


def test_a_webhook_tells_of_the_transcript_in_its_words(transcriber: aai.Transcriber) -> None:
    with receiver() as calls:
        transcript = transcriber.transcribe(wav(), wanted(webhook_url=calls.url))
        call = wait_until(lambda: calls.heard and calls.heard[0])
    assert json.loads(call.body) == {"transcript_id": transcript.id, "status": "completed"}
    assert wait_until(lambda: transcript.wait_for_completion().webhook_status_code) == 200


def test_uploads_and_transcripts_outlive_a_kill(start_server: StartServer) -> None:
    factory = "tests.web.dialects.talking:load"
    server = start_server(factory).wait_ready()
    before = aai.Transcriber(client=client_of(server, "anything"))
    address = before.upload_file(wav())
    id = before.submit(wav(), wanted(keyterms_prompt=[SLOW], speaker_labels=True)).id
    server.process.kill()  # first: it would start another web process
    for pid in server.pids():
        os.kill(pid, signal.SIGKILL)
    server.process.wait()
    (server.folder / "logs" / "diarization_api.log").unlink()  # which tells the port, too
    client = client_of(start_server(factory), "anything")
    transcript = aai.Transcript(id, client).wait_for_completion(poll_timeout=PATIENCE)
    assert [row.speaker for row in transcript.utterances or []] == ["A", "B", "A"]
    assert aai.Transcriber(client=client).transcribe(address, poll_timeout=PATIENCE).text == TEXT


def test_answers_are_as_described(client: FlaskClient) -> None:
    """The app of this fixture is held against its document."""
    address = client.post("/v2/upload", data=wav()).get_json()["upload_url"]
    asked = {"audio_url": address, "speaker_labels": True, "multichannel": True, "webhook_url": None, "tempo": 3}
    made = client.post("/v2/transcript", json=asked)
    assert (made.status_code, made.get_json()["status"], made.headers[HEADER]) == (200, "queued", "tempo")
    job = f"/v2/transcript/{made.get_json()['id']}"
    wait_until(lambda: client.get(job).get_json()["status"] == "completed")
    for path in ("", "/srt", "/vtt?chars_per_caption=9", "/sentences", "/paragraphs", "/word-search?words=a,b%20c"):
        assert client.get(job + path).status_code == 200
    assert client.get("/v2/transcript?limit=1&status=completed&throttled_only=false").status_code == 200
    assert client.get("/v2/transcript?throttled_only=true").get_json()["transcripts"] == []
    assert client.get(f"{job}/word-search?words=a%20b%20c%20d%20e%20f").status_code == 400
    assert client.get(f"{job}/word-search").status_code == 400
    assert client.post("/v2/transcript", data=b"no json").status_code == 400
    id = address.rpartition("/")[2]
    foreign = (f"https://evil.example/x/v2/upload/{id}", f"http://localhost@evil.example/v2/upload/{id}")
    for address in (
        *foreign,
        f"https://[/v2/upload/{id}",
        7,
        "",
        "https://[",
        "/v2/upload/" + 32 * "f",
        "http://a/v2/upload/" + 32 * "f",
    ):
        assert client.post("/v2/transcript", json={"audio_url": address}).status_code == 400
    assert client.delete(job).get_json()["text"] is None
    assert client.get(job).status_code == 404


@pytest.fixture
def held_app(tmp_path: Path) -> Iterator[Flask]:
    """No job ends by itself. Held against its document, too."""
    app = create_app(fake_settings(tmp_path), HeldExecutor())
    conformance = Conformance(app)
    yield app
    service_of(app).close()
    assert conformance.failures == []


def test_one_that_has_not_ended_has_no_words_and_is_cancelled(held_app: Flask) -> None:
    client = held_app.test_client()
    address = client.post("/v2/upload", data=wav()).get_json()["upload_url"]
    ids = [client.post("/v2/transcript", json={"audio_url": address}).get_json()["id"] for _ in range(2)]
    for id in ids:
        wait_until(lambda id=id: client.get(f"/v2/transcript/{id}").get_json()["status"] == "processing")
    shown = client.get(f"/v2/transcript/{ids[1]}").get_json()
    assert [shown[name] for name in ("text", "words", "utterances", "confidence", "error")] == [None] * 5
    refused = client.get(f"/v2/transcript/{ids[1]}/srt")
    assert (refused.status_code, refused.get_json()) == (400, {"error": "The job has no result: it is running."})

    for id in ids:
        cancelled = client.delete(f"/v2/transcript/{id}").get_json()
        assert (cancelled["status"], cancelled["error"]) == ("error", "The transcript was cancelled.")


def test_with_the_models_of_the_offline_profile(offline: LiveServer) -> None:
    recording = str(ROOT / "samples" / "planning_meeting.flac")
    transcriber = aai.Transcriber(client=client_of(offline, "anything"))
    transcript = transcriber.transcribe(recording, wanted(speaker_labels=True), poll_timeout=300)
    assert transcript.status == aai.TranscriptStatus.completed
    assert "three things to decide" in (transcript.text or "").lower()
    assert {row.speaker for row in transcript.utterances or []} == {"A", "B", "C"}
    ends = [word.end for word in transcript.words or []]
    assert 1000 < max(ends) <= 1000 * (transcript.audio_duration or 0) + 500
    assert (transcript.speech_model_used or "").count("whisper-base") == 1
    assert "three things" in transcript.export_subtitles_srt().lower()
    assert transcript.export_subtitles_vtt(chars_per_caption=32).startswith("WEBVTT")
    assert len(transcript.get_sentences()) >= len(transcript.get_paragraphs()) > 3
    with pytest.raises(aai.TranscriptError):
        transcriber.transcribe(b"no sound")
    with pytest.raises(aai.TranscriptError) as refused:
        aai.Transcriber(client=client_of(offline, new_text())).transcribe(recording)
    assert refused.value.status_code == 401
