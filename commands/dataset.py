"""``cli.py dataset``: recordings in, a data set of single voices out; one bad recording does not stop the rest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from audio_utils import job_folder
from commands.output import say, text_name
from commands.session import Session, open_session
from corpora.clips import ClipWriter
from corpora.conversations import matched, read_conversation
from corpora.cutting import Rules, cut
from corpora.entries import Entry, manifest, metadata, split
from corpora.folder import DatasetFolder, write_report
from corpora.levels import read_levels
from corpora.report import Outcome, to_dict, to_table
from corpora.sound import check_rate, denoised, read_original
from errors import DiarizationError, EmptyAudio, InputError, InvalidOption
from ffmpeg_process import Limits
from pipeline.types import Conversation, Options
from settings import Settings


@dataclass(frozen=True)
class Request:
    """What the command line asks for; it checks itself. validation: share (0 to 0.9) of all seconds; rate: Hz."""

    files: tuple[Path, ...]
    out: Path
    options: Options = field(default_factory=Options)
    rules: Rules = field(default_factory=Rules)
    rate: int = 22_050
    denoise: bool = False
    validation: float = 0.0
    conversations: tuple[Path, ...] = ()
    force: bool = False
    as_json: bool = False

    def __post_init__(self) -> None:
        check_rate(self.rate)
        if not 0 <= self.validation <= 0.9:
            raise InvalidOption("--validation must be from 0 to 0.9.", field="validation")


def dataset(request: Request, settings: Settings) -> bool:
    """Whether every recording gave what it has. Raises DiarizationError where nothing can be done at all."""
    given = matched(request.files, request.conversations)
    target = DatasetFolder(request.out, force=request.force)
    with ExitStack() as stack:
        needed = any(file not in given for file in request.files)
        session = stack.enter_context(open_session(settings)) if needed else None
        maker = _Maker(request, settings, session, given)
        try:
            with target.writing() as folder:
                outcomes = maker.make(folder)
        except EmptyAudio as error:
            say(f"Error: {error.message}")
            if request.as_json:
                print(json.dumps({"error": error.to_dict()}), flush=True)
            return False
    _show(outcomes, request)
    say(f"-> {request.out}")
    return not any(outcome.error for outcome in outcomes)


@dataclass(frozen=True)
class _Maker:
    """session: the pipeline, where some recording has no conversation yet; given: {recording: its JSON}."""

    request: Request
    settings: Settings
    session: Session | None
    given: dict[Path, Path]

    def make(self, folder: Path) -> list[Outcome]:
        """Fill the folder. Raises EmptyAudio where not one clip is left, OSError where the disk refuses."""
        writer = ClipWriter(folder, self.request.rate)
        outcomes = [self._outcome(file, writer) for file in self.request.files]
        entries = [entry for outcome in outcomes for entry in outcome.entries]
        if not entries:
            if not self.request.as_json:
                _show(outcomes, self.request)
            raise EmptyAudio(_nothing(outcomes))
        self._write_tables(folder, entries)
        write_report(folder, {"made_with": self._made_with(), **to_dict(outcomes)})
        return outcomes

    def _outcome(self, file: Path, writer: ClipWriter) -> Outcome:
        name = writer.recording(text_name(file))
        try:
            return self._clips(file, name, writer)
        except DiarizationError as error:
            return Outcome(name, error=error.message)

    def _clips(self, file: Path, name: str, writer: ClipWriter) -> Outcome:
        conversation = self._conversation(file)
        with job_folder(self.settings.temp_audio_dir) as work:
            limits, rate = Limits.of(self.settings), self.request.rate
            sound = read_original(file, work, limits, rate)
            levels = read_levels(sound.plain, sound.channels)
            _check_same(conversation, levels.duration)
            if self.request.denoise:
                sound = denoised(sound, work, limits, rate, levels.noise)
            cuts = cut(conversation, levels, self.request.rules)
            entries, dropped = writer.write(cuts, sound, name, conversation.language)
        warnings = (*sound.warnings, *(() if conversation.segments else ("There is no speech in it.",)))
        made = name, tuple(entries), tuple(dropped), levels.duration, sound.source_rate, warnings
        return Outcome(*made, models=conversation.models)

    def _conversation(self, file: Path) -> Conversation:
        if self.session is None or file in self.given:
            return read_conversation(self.given[file])
        return self.session.transcribe(file, self.request.options, text_name(file))

    def _write_tables(self, folder: Path, entries: Sequence[Entry]) -> None:
        tables = {"metadata.csv": metadata(entries), "manifest.json": manifest(entries)}
        if self.request.validation:
            training, validation = split(entries, self.request.validation)
            tables |= {"train_manifest.json": manifest(training), "validation_manifest.json": manifest(validation)}
        for name, text in tables.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")

    def _made_with(self) -> dict[str, object]:
        asked = self.request
        return {
            "sample_rate": asked.rate,
            "denoise": asked.denoise,
            "trim": asked.rules.trim,
            "min_seconds": asked.rules.shortest,
            "max_seconds": asked.rules.longest,
            "min_confidence": asked.rules.confidence,
            "validation": asked.validation,
        }


def _show(outcomes: Sequence[Outcome], request: Request) -> None:
    print(json.dumps(to_dict(outcomes)) if request.as_json else to_table(outcomes), flush=True)


def _check_same(conversation: Conversation, duration: float) -> None:
    """Raises InputError where the conversation cannot be that of a recording of so many seconds."""
    if abs(conversation.duration - duration) > 1 + 0.01 * duration:
        lengths = f"{conversation.duration:.1f} s, the recording {duration:.1f} s"
        raise InputError(f"The conversation is of another recording: it has {lengths}.")


def _nothing(outcomes: Sequence[Outcome]) -> str:
    if all(outcome.error for outcome in outcomes):
        return "No recording could be used, so no data set was made."
    if not any(outcome.dropped for outcome in outcomes):
        return "There is no speech in the recordings, so no data set was made."
    return "Every clip was dropped, for the reasons above, so no data set was made."
