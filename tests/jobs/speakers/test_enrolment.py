"""Voices made known through a service, over a processor without models."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from errors import (
    AudioTooLong,
    DiarizationError,
    InvalidOption,
    SeveralVoices,
    SpeakerExists,
    Unavailable,
    UnknownSpeaker,
    UnsupportedMedia,
    VoiceTooShort,
)
from executors.inline import InlineExecutor
from jobs.clips import LONGEST_CLIP
from jobs.job import Job
from jobs.service import Service
from jobs.speakers.enrolment import LONGEST_CONSENT, MOST_AT_ONCE
from jobs.speakers.store import KnownSpeaker
from pipeline.known import KnownClip, Voiceprint
from pipeline.types import Options
from tests.fakes import IN_TIME, VOICE_MODEL, FakeProcessor, fake_settings, files_below, wait_until, wav

CONSENT = "Agreed."


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(fake_settings(tmp_path), InlineExecutor(FakeProcessor()))
    yield service
    service.close()


def enrol(service: Service, *clips: str, name: str = "Tom", consent: str = CONSENT, sound: bytes = b"") -> KnownSpeaker:
    folder = service.open_folder()
    sent = []
    for number, clip in enumerate(clips or ("clip",)):
        path = folder.path / f"upload-{number}"
        path.write_bytes(sound or wav())
        sent.append(KnownClip(clip, path))
    return service.enrolment.enrol("", name, consent, sent, folder, None)


def test_of_the_clips_nothing_is_kept_but_vectors(service: Service, tmp_path: Path) -> None:
    made = enrol(service, "first", "second", name=" Tom   Smith ")
    assert made.name == "Tom Smith"
    assert [(one.model, one.seconds) for one in made.prints] == [(VOICE_MODEL, 0.5)] * 2
    assert files_below(tmp_path / "tmp") == []
    assert {Path(name).name.partition("-")[0] for name in files_below(tmp_path / "data")} == {"database", "jobs.db"}


def test_a_known_speaker_has_the_name_in_recordings_of_the_same_owner(service: Service, tmp_path: Path) -> None:
    enrol(service)
    (tmp_path / "meeting.wav").write_bytes(wav())

    def speakers(owner: str, identify: bool) -> tuple[str, ...]:
        options = Options(identify=identify)
        return service.submit(tmp_path / "meeting.wav", options, owner=owner).result(IN_TIME).speakers

    assert speakers("", identify=True) == ("Tom",)
    assert speakers("", identify=False) == speakers("ana12345", identify=True) == ("SPEAKER_00",)


def test_a_recluster_knows_those_who_are_known_by_then(service: Service, tmp_path: Path) -> None:
    (tmp_path / "meeting.wav").write_bytes(wav())
    record = service.accept(tmp_path / "meeting.wav", Options(identify=True))
    wait_until(lambda: service.job(record.id, None).ended)
    record = service.job(record.id, None)
    assert service.result(record).conversation.speakers == ("SPEAKER_00",)
    made = enrol(service)
    assert service.recluster(record, {"num_speakers": 2}).conversation.speakers == ("Tom", "SPEAKER_01")
    service.speakers.delete(made.id, "")
    assert service.recluster(record, {"num_speakers": 2}).conversation.speakers == ("SPEAKER_00", "SPEAKER_01")


def test_more_clips_of_somebody_are_compared_with_those_before(service: Service, tmp_path: Path) -> None:
    asked = list[Job]()

    class Recorded(InlineExecutor):
        def enrol(self, job: Job) -> Sequence[Voiceprint]:
            asked.append(job)
            return super().enrol(job)

    executor = Recorded(FakeProcessor())
    service = Service(fake_settings(tmp_path / "other"), executor)
    made, folder = enrol(service), service.open_folder()
    (folder.path / "upload").write_bytes(wav())
    clips = [KnownClip("more", folder.path / "upload")]
    assert len(service.enrolment.extend(made.id, "", clips, folder, None).prints) == 2
    assert [len(voice.prints) for job in asked for voice in job.known] == [0, 1]
    with pytest.raises(SpeakerExists):
        enrol(service)
    assert len(asked) == 2  # nobody listens to what can only be refused
    enrol(service, "first", "second", name="Mara")
    assert [len(job.clips) for job in asked[2:]] == [1, 1]
    assert [len(voice.prints) for job in asked[2:] for voice in job.known] == [0, 1]
    folder = service.open_folder()
    with pytest.raises(UnknownSpeaker):
        service.enrolment.extend(made.id, "ana12345", clips, folder, None)
    assert not folder.path.exists()
    service.close()


@pytest.mark.parametrize(
    ("given", "kind", "field"),
    [
        ({"name": "SPEAKER_01"}, InvalidOption, "name"),
        ({"consent": "  "}, InvalidOption, "consent"),
        ({"consent": "x" * (LONGEST_CONSENT + 1)}, InvalidOption, "consent"),
        ({"sound": b"no sound"}, UnsupportedMedia, "audio"),
        ({"sound": wav(LONGEST_CLIP + 1, rate=8000)}, AudioTooLong, "audio"),
    ],
)
def test_what_cannot_be_leaves_nothing(
    service: Service, tmp_path: Path, given: dict[str, str], kind: type[DiarizationError], field: str
) -> None:
    with pytest.raises(kind) as refused:
        enrol(service, **given)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert service.speakers.list(None) == []
    assert files_below(tmp_path / "tmp") == []


@pytest.mark.parametrize(("clip", "kind"), [("short", VoiceTooShort), ("two", SeveralVoices)])
def test_a_clip_that_tells_no_voice_is_refused_and_so_are_the_others(
    service: Service, clip: str, kind: type[DiarizationError]
) -> None:
    with pytest.raises(kind):
        enrol(service, "good", clip)
    assert service.speakers.list(None) == []


def test_a_name_that_is_known_and_a_profile_that_is_not_on_offer(service: Service) -> None:
    enrol(service)
    with pytest.raises(SpeakerExists):
        enrol(service)
    folder = service.open_folder()
    with pytest.raises(InvalidOption, match="profile must be one of"):
        service.enrolment.enrol("", "Mara", CONSENT, [], folder, "/etc/passwd")
    assert not folder.path.exists()


def test_whoever_comes_while_many_are_heard_comes_again(tmp_path: Path) -> None:
    class Busy(InlineExecutor):
        waiting, go_on = threading.Semaphore(0), threading.Event()

        def enrol(self, job: Job) -> Sequence[Voiceprint]:
            self.waiting.release()
            self.go_on.wait(IN_TIME)
            return super().enrol(job)

    executor = Busy(FakeProcessor())
    service = Service(fake_settings(tmp_path), executor)
    threads = [threading.Thread(target=enrol, args=(service,), kwargs={"name": f"p{i}"}) for i in range(MOST_AT_ONCE)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert executor.waiting.acquire(timeout=IN_TIME)
    with pytest.raises(Unavailable):
        enrol(service, name="late")
    executor.go_on.set()
    for thread in threads:
        thread.join(IN_TIME)
    assert len(service.speakers.list("")) == MOST_AT_ONCE
    service.close()
