"""``python -m benchmarks.known_voices DIR``: how often people are known again by their voices, and strangers named.

DIR has clips of single people, named SPEAKER-ANYTHING.flac. The first half of what each says (of several clips, the
first) makes them known. With the rest they are met: alone, and in conversations staged from it (benchmarks/staged.py),
as the profile's diarization hears them. Each recording counts twice: with everybody known, and with everybody known but
those who are in it; and once more for each who is in it, with everybody else known. Of the people, one half is there to
choose marks by, and the other to try them on. Whoever has hardly anything left to say stays away (``--least``).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.known_curve import draw
from benchmarks.known_people import ALONE, Person, people_in, sittings
from benchmarks.known_tally import HEADER, Tally
from benchmarks.report import align
from benchmarks.staged import SETTINGS
from errors import DiarizationError, InputError, ModelError
from pipeline.clustering import Bounds
from pipeline.identification import Comparable, comparable, identify
from pipeline.known import KnownVoice, Voiceprint
from pipeline.loading import Models, choose_profile, load_models
from pipeline.parting import Heard, parted, voices_of
from pipeline.router import Router
from pipeline.types import Audio, Turn
from pipeline.voices import Marks, VoiceReader, completed, voiceprint
from settings import load_settings

LEAST_SAID = 3.0  # seconds
MOST_SPEAKERS = 50  # that the diarizer may find
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
FINELY = tuple(round(0.4 + 0.02 * number, 2) for number in range(29))
_GRID = 0.01  # s


@dataclass(frozen=True, eq=False)
class Meeting:
    """What the diarizer made of a recording. truth: who speaks when; duration: s."""

    truth: tuple[Turn, ...]
    heard: Heard
    duration: float

    @property
    def people(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(turn.speaker for turn in self.truth))


def meet(models: Models, audio: Audio, truth: Sequence[Turn]) -> Meeting:
    """The speakers of a recording as the service finds them."""
    router = models.diarizer if isinstance(models.diarizer, Router) else Router({"clustering": models.diarizer})
    bounds = Bounds(1, MOST_SPEAKERS)
    route = router.choose("auto", bounds)
    found = route.tell_apart(audio, route.listen(audio), bounds)
    parts = completed(found.parts, _reader(models), audio, found.turns)
    return Meeting(tuple(truth), Heard(found.turns, parts), audio.duration)


def _reader(models: Models) -> VoiceReader:
    if models.reader is None:
        raise ModelError("The profile has no model for speaker_embeddings.")
    return models.reader


def _who(speaker: str, turns: Sequence[Turn], truth: Sequence[Turn], duration: float) -> str:
    own = _active([turn for turn in turns if turn.speaker == speaker], duration)
    shared = {
        name: (own & _active([turn for turn in truth if turn.speaker == name], duration)).sum()
        for name in dict.fromkeys(turn.speaker for turn in truth)
    }
    return max(shared, key=lambda name: shared[name])


def _active(turns: Sequence[Turn], duration: float) -> np.ndarray:
    active = np.zeros(round(duration / _GRID) + 1, bool)
    for turn in turns:
        active[round(turn.start / _GRID) : round(turn.end / _GRID)] = True
    return active


def tally(meetings: Sequence[Meeting], prints: Mapping[str, Voiceprint], marks: Marks) -> Tally:
    """Each meeting twice: with everybody known, and with everybody known but those who are there."""
    return sum((_known(one, prints, marks) + _strangers(one, prints, marks) for one in meetings), Tally())


def _known(meeting: Meeting, prints: Mapping[str, Voiceprint], marks: Marks) -> Tally:
    names = _names(meeting, prints, marks)
    met = [name for name in meeting.people if name in prints]
    wrong = sum(bool(names[name] - {name}) for name in met)
    return Tally(len(met), sum(names[name] == {name} for name in met), wrong)


def _strangers(meeting: Meeting, prints: Mapping[str, Voiceprint], marks: Marks) -> Tally:
    names = _names(meeting, {name: one for name, one in prints.items() if name not in meeting.people}, marks)
    return Tally(strangers=len(meeting.people), named=sum(bool(names[name]) for name in meeting.people))


def _names(meeting: Meeting, prints: Mapping[str, Voiceprint], marks: Marks) -> dict[str, set[str]]:
    """What the speakers who are each person are called."""
    known, heard = _comparable(prints), _parted(meeting, prints, marks)
    names = {name: set[str]() for name in meeting.people}
    for one in identify(voices_of(heard), known, marks):
        if one.name:
            names[_who(one.speaker, heard.turns, meeting.truth, meeting.duration)].add(one.name)
    return names


def _parted(meeting: Meeting, prints: Mapping[str, Voiceprint], marks: Marks) -> Heard:
    return parted(meeting.heard, _comparable(prints), marks, MOST_SPEAKERS)


def _comparable(prints: Mapping[str, Voiceprint]) -> Comparable:
    model = next((one.model for one in prints.values()), "")
    return comparable([KnownVoice(name, (one,)) for name, one in prints.items()], model)


def enrolled(models: Models, people: Sequence[Person]) -> tuple[dict[str, Voiceprint], list[str]]:
    """Voiceprints by name, and why others have none. Raises ModelError."""
    prints, refused = dict[str, Voiceprint](), list[str]()
    for one in people:
        try:
            prints[one.name] = voiceprint(_reader(models), one.known)
        except InputError as error:
            refused.append(f"{one.name}: {error.message}")
    return prints, refused


def totals(
    meetings: Mapping[str, Sequence[Meeting]],
    prints: Mapping[str, Voiceprint],
    marks: Marks,
    thresholds: Sequence[float] = THRESHOLDS,
) -> dict[float, Tally]:
    """Over all settings, by threshold, and at that in use."""
    return {
        known: sum((tally(own, prints, replace(marks, known=known)) for own in meetings.values()), Tally())
        for known in sorted({*thresholds, marks.known})
    }


def curve(found: Mapping[float, Tally], in_use: float) -> str:
    """A row for each threshold; the one in use is marked."""
    rows = [[f"{known:.2f}{' in use' if known == in_use else ''}", *one.row()] for known, one in found.items()]
    return align([["threshold", *HEADER], *rows])


def among(meetings: Sequence[Meeting], prints: Mapping[str, Voiceprint], marks: Marks) -> Tally:
    """Strangers among people who are known: each in turn."""
    found = Tally()
    for one in meetings:
        for name in (name for name in one.people if name in prints and len(one.people) > 1):
            others = {other: own for other, own in prints.items() if other != name}
            found += Tally(among=1, among_named=bool(_names(one, others, marks)[name]))
    return found


def by_setting(meetings: Mapping[str, Sequence[Meeting]], prints: Mapping[str, Voiceprint], marks: Marks) -> str:
    rows = [["setting", "people", "speakers", "known", *HEADER, "named among known"]]
    for name, own in meetings.items():
        found = tally(own, prints, marks) + among(own, prints, marks)
        speakers = sum(len({turn.speaker for turn in _parted(one, prints, marks).turns}) for one in own)
        share = f"{found.among_named / found.among:.1%}" if found.among else "-"
        rows.append([name, str(found.strangers), str(speakers), str(found.known), *found.row(), share])
    return align(rows)


def clips_taken(models: Models, people: Sequence[Person]) -> str:
    """How good the check is that a clip has one voice: of clips of one, and of two people one after the other."""
    pairs = [_joined(a.known, b.known) for a, b in zip(people[0::2], people[1::2], strict=False)]
    single, double = ([_refused(models, clip) for clip in clips] for clips in ([one.known for one in people], pairs))
    taken = f"{double.count('')} of {len(pairs)} clips of two people, about 6 s each, taken for one person's"
    return f"clips of one person refused as two's: {single.count('several_voices')} of {len(people)}; {taken}"


def _joined(a: Audio, b: Audio) -> Audio:
    return Audio(np.concatenate([np.asarray(one.samples[:]) for one in (a, b)]))


def _refused(models: Models, clip: Audio) -> str:
    """The code of the error, or nothing."""
    try:
        voiceprint(_reader(models), clip)
    except InputError as error:
        return error.code
    return ""


def measured(models: Models, people: Sequence[Person], half: str, seed: int, picture: Path | None = None) -> str:
    """The tables of these people."""
    prints, refused = enrolled(models, people)
    meetings = {
        setting.name: [meet(models, *sitting) for sitting in sittings(people, setting, seed + number)]
        for number, setting in enumerate((ALONE, *SETTINGS))
    }
    marks = _reader(models).marks
    if picture:
        found = totals(meetings, prints, marks, FINELY)
        shares = {known: (one.right / one.known, one.named / one.strangers) for known, one in found.items()}
        draw(shares, marks.known, picture)
    table = curve(totals(meetings, prints, marks), marks.known)
    lines = [f"{half}: {len(people)} people, {len(prints)} known; {len(refused)} whose clips are refused:", *refused]
    lines.append(clips_taken(models, people))
    return "\n".join([*lines, "", by_setting(meetings, prints, marks), "", table, ""])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.known_voices", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="clips named SPEAKER-ANYTHING.flac")
    parser.add_argument("--seed", type=int, default=1, help="of who sits with whom, and where")
    least = "seconds of speech to be met with; whoever has less stays away (default: %(default)g)"
    parser.add_argument("--least", type=float, default=LEAST_SAID, metavar="S", help=least)
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the curve to report, as .svg, .png or .pdf")
    given = parser.parse_args()
    settings = load_settings()
    try:
        models = load_models(choose_profile(settings), settings)
        people = people_in(given.folder, given.least)
        print(measured(models, people[0::2], "to choose by", given.seed), flush=True)
        print(measured(models, people[1::2], "to report", given.seed + 100, given.picture), flush=True)
    except (DiarizationError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
