from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from matplotlib.image import imread
from typer.testing import CliRunner

import cli
from commands import plot as module
from commands.plot import Request, plot, read_turns
from errors import DiarizationError, InputError, InvalidOption, MissingAudio
from formats.json import render
from pipeline.types import Conversation, Options, Segment, Turn
from settings import Settings
from tests.fakes import fake_settings, files_below
from tests.media import SAMPLE

TURNS = (Turn("Ben", 2.0, 4.0), Turn("Anna", 1.0, 2.0))
HEARD = Conversation(segments=(Segment("Anna", 1.0, 2.0, "yes"),), turns=TURNS, speakers=("Ben", "Anna"), duration=71.0)
RTTM = "".join(f"SPEAKER x 1 {t.start} {t.end - t.start} <NA> <NA> {t.speaker} <NA> <NA>\n" for t in TURNS)


class Transcriber:
    def __init__(self) -> None:
        self.asked = list[Path]()

    def transcribe(self, file: Path, options: Options, name: str) -> Conversation:
        self.asked.append(file)
        return HEARD

    @contextmanager
    def opening(self) -> Iterator[Transcriber]:
        yield self


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return fake_settings(tmp_path / "service")


@pytest.fixture
def transcriber() -> Transcriber:
    return Transcriber()


@pytest.mark.parametrize(("name", "start"), [("a.svg", b"<?xml"), ("a.PNG", b"\x89PNG"), ("new/a.pdf", b"%PDF-")])
def test_the_name_says_what_is_written(
    tmp_path: Path, settings: Settings, transcriber: Transcriber, name: str, start: bytes
) -> None:
    out = tmp_path / "out" / name
    assert plot(Request(SAMPLE, "waveform", out), settings, transcriber.opening())
    assert out.read_bytes().startswith(start)
    assert transcriber.asked == [], "a waveform needs no models"
    assert files_below(tmp_path / "service" / "tmp") == []


def test_who_speaks_is_found_out_where_nobody_says_it(
    tmp_path: Path, settings: Settings, transcriber: Transcriber, capsys: pytest.CaptureFixture[str]
) -> None:
    plot(Request(SAMPLE, "speakers", tmp_path / "a.svg"), settings, transcriber.opening())
    assert transcriber.asked == [SAMPLE]
    assert all(name in (tmp_path / "a.svg").read_text() for name in ("Anna", "Ben"))
    assert "Wrote" in capsys.readouterr().err


def test_or_taken_from_a_file_and_compared(tmp_path: Path, settings: Settings, transcriber: Transcriber) -> None:
    (own := tmp_path / "own.rttm").write_text(RTTM)
    (truth := tmp_path / "truth.rttm").write_text(RTTM.replace("Anna", "anna").replace("4.0", "5.0"))
    plot(Request(SAMPLE, "all", tmp_path / "a.svg", truth, own), settings, transcriber.opening())
    text = (tmp_path / "a.svg").read_text()
    assert transcriber.asked == []
    assert "DER 0.0 %" in text
    assert "anna" in text


@pytest.mark.parametrize(
    ("name", "content", "speakers"),
    [
        ("a.json", render(HEARD), ("Ben", "Anna")),
        ("a.rttm", RTTM, ("Anna", "Ben")),
        ("a.json", json.dumps({"conversation": [{"speaker": "Anna", "start_time": 1, "end_time": 2}]}), ("Anna",)),
        ("a.seglst.json", json.dumps([{"speaker": "Anna", "start_time": 1, "end_time": 2, "words": "yes"}]), ("Anna",)),
    ],
)
def test_conversations_as_they_are_written(tmp_path: Path, name: str, content: str, speakers: tuple[str, ...]) -> None:
    (tmp_path / name).write_text(content)
    found = read_turns(tmp_path / name)
    assert found == (speakers, tuple(turn for turn in TURNS if turn.speaker in speakers))


@pytest.mark.parametrize(
    "content", ["", "no json", "{}", "3", '"x"', '{"turns": 3}', '{"turns": [{}]}', '[{"speaker": "x"}]',
                '{"turns": [{"speaker": "x", "start_time": 2, "end_time": 1}]}', '{"turns": [], "speakers": 3}', None],
)  # fmt: skip
def test_what_is_no_conversation(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "a.json").write_text(content)
    with pytest.raises(InputError, match=r"a\.json"):
        read_turns(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("values", "field"),
    [({"out": Path("a.gif")}, "out"), ({"out": Path("png")}, "out"), ({"reference": Path("a.rttm")}, "kind"),
     ({"conversation": Path("a.json")}, "kind"), ({"file": Path("a.png")}, "out")],
)  # fmt: skip
def test_what_makes_no_sense_is_told_before_any_work(values: dict[str, Path], field: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        Request(**{"file": SAMPLE, "kind": "mel", "out": Path("a.png")} | values)
    assert caught.value.field == field


def test_a_file_that_cannot_be_read_leaves_nothing(
    tmp_path: Path, settings: Settings, transcriber: Transcriber
) -> None:
    with pytest.raises(MissingAudio):
        plot(Request(tmp_path / "no.wav", "mel", tmp_path / "a.png"), settings, transcriber.opening())
    assert [path.name for path in tmp_path.glob("a*")] == []


def test_a_disk_that_is_full_leaves_no_half_picture(
    tmp_path: Path, settings: Settings, transcriber: Transcriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(path: Path, made: bytes) -> None:
        with path.open("wb") as file:
            file.write(made[:100])
        raise OSError(28, "No space left on device")

    (out := tmp_path / "a.png").write_bytes(b"before")
    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(DiarizationError, match="No space left"):
        plot(Request(SAMPLE, "waveform", out), settings, transcriber.opening())
    assert [(path.name, path.read_bytes()) for path in tmp_path.glob("a*")] == [("a.png", b"before")]


def test_on_the_command_line(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "chosen_settings", lambda profile: settings)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli.app, ["plot", str(SAMPLE), "--kind", "mel", "--width", "400", "--theme", "dark"])
    assert done.exit_code == 0, done.output
    assert imread(io.BytesIO((tmp_path / "planning_meeting.png").read_bytes())).shape[1] == 400
    (tmp_path / "planning_meeting.png").unlink()
    for wrong in (
        ["--out", "a.gif"],
        ["--width", "9"],
        ["--kind", "mel", "--reference", "a.rttm"],
        ["--reference", "a.rttm"],
    ):
        refused = CliRunner().invoke(cli.app, ["plot", str(SAMPLE), *wrong])
        assert (refused.exit_code, "Error: " in refused.output) == (2, True), wrong
    assert list(tmp_path.glob("*.p*")) == []
    assert module.FORMATS == ("svg", "png", "pdf")
