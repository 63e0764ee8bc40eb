"""Known speakers kept and forgotten, on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, text

from errors import SpeakerExists, TooManySpeakers, UnknownSpeaker
from jobs.speakers import store
from jobs.speakers.store import KnownSpeakers
from pipeline.known import Voiceprint

ANA, BEN = "ana12345", "ben12345"  # keys
CONSENT = "Agreed on 2026-01-31."


def heard(first: float = 0.6, model: str = "m@1", seconds: float = 4.5) -> Voiceprint:
    return Voiceprint((first, 0.8), model, seconds)


def test_a_speaker_is_kept_as_it_came(speakers: KnownSpeakers) -> None:
    made = speakers.add(ANA, "Tom", CONSENT, [heard(), heard(0.1, "n@2", 3.0)])
    assert (made.name, made.consent, made.owner) == ("Tom", CONSENT, ANA)
    assert [(one.model, one.seconds) for one in made.prints] == [("m@1", 4.5), ("n@2", 3.0)]
    assert made.created_at == pytest.approx(made.prints[0].created_at, abs=1)
    assert speakers.get(made.id, ANA) == made
    (voice,) = speakers.voices(ANA)
    assert voice.name == "Tom"
    assert [one.model for one in voice.prints] == ["m@1", "n@2"]
    assert voice.prints[0].vector == tuple(np.array([0.6, 0.8], np.float32).tolist())
    assert speakers.prints(made.id) == voice.prints


def test_nobody_sees_or_forgets_those_of_others_but_who_may_see_all(speakers: KnownSpeakers) -> None:
    made = speakers.add(ANA, "Tom", CONSENT, [heard()])
    for id, owner in ((made.id, BEN), (made.id, ""), ("0" * 32, ANA), ("x\0y", ANA), ("", None)):
        with pytest.raises(UnknownSpeaker):
            speakers.get(id, owner)
        with pytest.raises(UnknownSpeaker):
            speakers.delete(id, owner)
        with pytest.raises(UnknownSpeaker):
            speakers.extend(id, owner, [heard()])
    assert (speakers.list(BEN), speakers.voices(BEN)) == ([], ())
    assert speakers.get(made.id, None) == made
    assert speakers.list(None) == [made]


def test_a_name_is_given_once_by_each_owner(speakers: KnownSpeakers) -> None:
    speakers.add(ANA, "Tom", CONSENT, [heard()])
    with pytest.raises(SpeakerExists) as refused:
        speakers.add(ANA, "Tom", "again", [heard()])
    assert refused.value.field == "name"
    speakers.add(BEN, "Tom", CONSENT, [heard()])
    assert [len(speakers.list(owner)) for owner in (ANA, BEN, None)] == [1, 1, 2]


def test_more_clips_of_somebody(speakers: KnownSpeakers, monkeypatch: pytest.MonkeyPatch) -> None:
    made = speakers.add(ANA, "Tom", CONSENT, [heard()])
    assert [one.model for one in speakers.extend(made.id, ANA, [heard(model="n@2")]).prints] == ["m@1", "n@2"]
    monkeypatch.setattr(store, "MOST_PRINTS", 3)
    with pytest.raises(TooManySpeakers, match="3 clips"):
        speakers.extend(made.id, ANA, [heard()] * 2)
    assert len(speakers.get(made.id, ANA).prints) == 2


def test_no_more_than_so_many(speakers: KnownSpeakers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_SPEAKERS", 2)
    for name in ("Tom", "Mara"):
        speakers.add(ANA, name, CONSENT, [heard()])
    with pytest.raises(TooManySpeakers, match="2 speakers"):
        speakers.add(ANA, "Jonas", CONSENT, [heard()])
    speakers.add(BEN, "Jonas", CONSENT, [heard()])


def test_pages_are_the_newest_first(speakers: KnownSpeakers) -> None:
    made = [speakers.add(ANA, name, CONSENT, [heard()]) for name in ("a", "b", "c")]
    first = speakers.list(ANA, limit=2)
    assert first == [made[2], made[1]]
    assert speakers.list(ANA, before=first[-1].number, limit=2) == [made[0]]


def test_whoever_is_deleted_is_forgotten(speakers: KnownSpeakers, engine: Engine) -> None:
    gone, left = (speakers.add(ANA, name, CONSENT, [heard()]) for name in ("Tom", "Mara"))
    speakers.delete(gone.id, ANA)
    assert [voice.name for voice in speakers.voices(ANA)] == ["Mara"]
    with engine.begin() as connection:
        assert connection.scalars(text("SELECT speaker FROM voiceprints")).all() == [left.id]
    again = speakers.add(ANA, "Tom", CONSENT, [heard()])
    assert again.id != gone.id


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_of_the_voice_is_left_on_the_disk(speakers: KnownSpeakers, tmp_path: Path) -> None:
    vector = tuple(np.random.default_rng(1).standard_normal(192).astype(np.float32).tolist())
    traces = [np.array(vector, "<f4").tobytes()[:64], b"Bartholomew", b"what was agreed to"]

    def found() -> list[bool]:
        files = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
        return [trace in files for trace in traces]

    made = speakers.add(ANA, "Bartholomew", "what was agreed to", [Voiceprint(vector, "m@1", 5.0)])
    assert found() == [True, True, True]
    speakers.delete(made.id, ANA)
    assert found() == [False, False, False]
