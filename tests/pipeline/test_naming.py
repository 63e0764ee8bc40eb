"""With real models: tests/test_nemo_processor.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import ArtefactsExpired, SeveralVoices
from pipeline.artefacts import Complete, NoArtefacts, Shelf
from pipeline.known import KnownVoice, Voiceprint
from pipeline.naming import UNABLE, Naming
from pipeline.types import Options, Recording, Turn
from tests.pipeline.test_voices import AUDIO, ONE, OTHER, Scripted, stretches

TURNS = [Turn("0", 0, 5), Turn("1", 6, 6.8)]
ANNA = KnownVoice("Anna", (Voiceprint(ONE, "scripted@1", 5.0),))
STRANGER = KnownVoice("Ben", (Voiceprint(ONE, "another@1", 5.0),))


def recording(*known: KnownVoice, clips: tuple[str, ...] = (), identify: bool = True) -> Recording:
    return Recording([AUDIO], Options(identify=identify), known=known, clips=[(name, AUDIO) for name in clips])


def test_speakers_are_named_by_known_voices_and_by_clips() -> None:
    reader = Scripted(stretches((OTHER, 5.0)))
    named = Naming(reader, recording(ANNA, clips=("Cleo",)), NoArtefacts())(AUDIO, TURNS, {})
    assert [(one.speaker, one.name, one.reason) for one in named.identities] == [
        ("0", "Anna", None),
        ("1", None, "too_short"),
    ]
    assert named.warnings == ()
    first = named.identities[0]
    assert first.runner_up is not None
    assert first.runner_up.name == "Cleo"


def test_clips_need_no_option_and_without_either_nobody_listens() -> None:
    reader = Scripted(stretches((ONE, 5.0)))
    asked = recording(clips=("Cleo",), identify=False)
    assert Naming(reader, asked, NoArtefacts())(AUDIO, TURNS, {}).identities[0].name == "Cleo"
    reader.asked.clear()
    assert Naming(reader, recording(ANNA, identify=False), NoArtefacts())(AUDIO, TURNS, {}).identities == ()
    assert reader.asked == []


def test_voices_that_cannot_be_compared_are_counted_in_a_warning() -> None:
    reader = Scripted(stretches())
    (warning,) = Naming(reader, recording(ANNA, STRANGER), NoArtefacts())(AUDIO, TURNS, {}).warnings
    assert warning.startswith("1 known voice was enrolled with another model")
    (warning,) = Naming(reader, recording(STRANGER, KnownVoice("C", ())), NoArtefacts())(AUDIO, TURNS, {}).warnings
    assert warning.startswith("2 known voices were")
    (warning,) = Naming(reader, recording(), NoArtefacts())(AUDIO, TURNS, {}).warnings
    assert warning.startswith("No voices are known")


def test_a_profile_that_knows_no_voices_says_so() -> None:
    named = Naming(None, recording(ANNA), NoArtefacts())(AUDIO, TURNS, {})
    assert (named.turns, named.identities, named.warnings) == (tuple(TURNS), (), UNABLE)
    assert Naming(None, recording(identify=False), NoArtefacts())(AUDIO, TURNS, {}).warnings == ()


def test_what_is_wrong_with_a_clip_names_it() -> None:
    reader = Scripted(stretches((ONE, 3.0), (OTHER, 3.0)))
    with pytest.raises(SeveralVoices, match=r"^Known voice 1: ") as refused:
        Naming(reader, recording(clips=("Cleo",)), NoArtefacts())
    assert refused.value.field == "known.0"


def test_a_clip_is_read_once(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, "1")
    asked = recording(clips=("Cleo",))
    before = Naming(Scripted(stretches((OTHER, 5.0))), asked, shelf)(AUDIO, TURNS, {})
    after = Naming(Scripted(stretches((ONE, 5.0))), asked, Complete(shelf))(AUDIO, TURNS, {})
    assert after.identities == before.identities
    with pytest.raises(ArtefactsExpired):
        Naming(Scripted(stretches((ONE, 5.0))), recording(clips=("Cleo", "Dora")), Complete(shelf))


def test_each_channel_is_heard_by_itself() -> None:
    reader = Scripted(stretches())
    channels = [(AUDIO, [Turn("0", 0, 5)]), (AUDIO, [Turn("1", 1, 6)])]
    named = Naming(reader, recording(ANNA), NoArtefacts()).by_channel(channels)
    assert [(one.speaker, one.seconds) for one in named.identities] == [("0", 5.0), ("1", 5.0)]
