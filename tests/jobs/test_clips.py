"""Known voices that come with a recording, through the service."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from errors import AudioTooLong, InvalidOption, KeyReused, UnsupportedMedia
from executors.inline import InlineExecutor
from jobs.clips import LONGEST_CLIP, MOST_CLIPS
from jobs.service import Service
from pipeline.known import KnownClip
from pipeline.types import Conversation, Options
from tests.fakes import IN_TIME, FakeProcessor, fake_settings, files_below, wav
from tests.held import HeldExecutor


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "meeting.wav"
    path.write_bytes(wav())
    return path


def clip(folder: Path, name: str = "Anna", sound: bytes = b"") -> KnownClip:
    path = folder / f"{name.strip()}.bin"
    path.write_bytes(sound or wav(seconds=0.3, rate=8000, channels=2))
    return KnownClip(name, path)


def test_clips_are_decoded_into_the_folder_of_their_job_and_go_with_it(
    service: Service, held: HeldExecutor, recording: Path, tmp_path: Path
) -> None:
    clips = [clip(tmp_path, "Anna"), clip(tmp_path, " Ben  B ")]
    future = service.submit(recording, Options(), known=clips)
    job = held.begun()
    assert [one.name for one in job.clips] == ["Anna", "Ben B"]
    assert all(soundfile.info(one.audio).samplerate == 16_000 for one in job.clips)
    assert all(soundfile.info(one.audio).channels == 1 for one in job.clips)
    assert {one.audio.parent.parent for one in job.clips} == {job.audio.parent}
    held.end(job, Conversation(duration=0.5))
    future.result(IN_TIME)
    service.remove(job.id, None)
    assert files_below(tmp_path / "data" / "jobs") == []


def test_whoever_speaks_gets_the_name(recording: Path, tmp_path: Path) -> None:
    service = Service(fake_settings(tmp_path), InlineExecutor(FakeProcessor()))
    result = service.submit(recording, Options(), known=[clip(tmp_path)]).result(IN_TIME)
    assert result.speakers == ("Anna",)
    assert result.identities[0].name == "Anna"
    service.close()


def test_what_is_wrong_with_a_clip_is_said_with_its_number_and_leaves_nothing(
    service: Service, recording: Path, tmp_path: Path
) -> None:
    long = clip(tmp_path, "Ben", wav(seconds=LONGEST_CLIP + 1, rate=8000))
    bad = clip(tmp_path, "Cleo", b"no sound at all")
    for refused, kind in ((long, AudioTooLong), (bad, UnsupportedMedia)):
        with pytest.raises(kind, match=r"^Known voice 2: ") as error:
            service.accept(recording, Options(), known=[clip(tmp_path), refused])
        assert error.value.field == "known.1"
    assert files_below(tmp_path / "data" / "jobs") == []


def test_names_that_nobody_may_have_and_too_many_clips(service: Service, recording: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidOption) as refused:
        service.accept(recording, Options(), known=[clip(tmp_path), KnownClip("SPEAKER_00", recording)])
    assert refused.value.field == "known.1"
    with pytest.raises(InvalidOption, match=str(MOST_CLIPS)):
        service.accept(recording, Options(), known=[clip(tmp_path)] * (MOST_CLIPS + 1))


def test_other_clips_under_one_idempotency_key_are_another_request(
    service: Service, recording: Path, tmp_path: Path
) -> None:
    first = service.accept(recording, Options(), known=[clip(tmp_path)], idempotency_key="k")
    assert service.accept(recording, Options(), known=[clip(tmp_path)], idempotency_key="k").id == first.id
    for other in (clip(tmp_path, "Ben"), clip(tmp_path, "Anna", wav(seconds=0.4))):
        with pytest.raises(KeyReused):
            service.accept(recording, Options(), known=[other], idempotency_key="k")
