"""``cli.py finetune``: a manifest and a CTC model in, a better model out."""

from __future__ import annotations

import hashlib
import json
import random
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

from commands.output import say
from commands.progress import stage_bars
from errors import InputError, InvalidOption, ModelError
from logging_setup import configure_logging
from pipeline.checkpoints import locate
from pipeline.profile import is_own_path
from settings import Settings
from training.alphabet import fitted
from training.checkpoint import Checkpoint
from training.finetuning import Epoch, Plan, Run
from training.manifest import Example, read_manifest
from training.network import CtcNetwork, choose_device, open_network

HELD_OUT = 0.1  # share of the clips, where no other manifest has them


@dataclass(frozen=True)
class Request:
    """What the command line asks for; it checks itself. model: as a profile's model_path; validation: a manifest of
    held-out clips."""

    manifest: Path
    model: str
    out: Path
    validation: Path | None = None
    plan: Plan = field(default_factory=Plan)
    device: str = "auto"
    resume: bool = False
    as_json: bool = False

    def __post_init__(self) -> None:
        if self.out.suffix != ".nemo":
            raise InvalidOption("--out must end in .nemo, as models of NeMo do.", field="out")
        if self.out.exists():
            raise InvalidOption(f"{self.out.name} exists: name another --out.", field="out")
        if not self.out.parent.is_dir():
            raise InvalidOption("The folder of --out does not exist.", field="out")
        if self.checkpoint.exists() and not self.resume:
            sentence = "is of a run that was not finished: go on with --resume, or remove it."
            raise InvalidOption(f"{self.checkpoint.name} {sentence}", field="resume")

    @property
    def checkpoint(self) -> Path:
        return self.out.with_name(f"{self.out.name}.checkpoint")


def finetune(request: Request, settings: Settings) -> bool:
    """Whether the model became better. Raises DiarizationError where nothing can be learnt."""
    training, held_out = _examples(request)
    with _chatter_off(settings):
        path = _located(request.model, settings)
        network = open_network(path, choose_device(request.device), request.model)
        run = Run(network, _fitted(network, training), _fitted(network, held_out), request.plan)
        checkpoint = Checkpoint(request.checkpoint, _fingerprint(request, path, run))
        if request.resume:
            run.go_on(checkpoint.load())
        _learn(run, checkpoint, request.plan.epochs)
        network.save(request.out)
        checkpoint.remove()
    _report(run, request)
    return run.best.number > 0


def _located(model: str, settings: Settings) -> Path:
    """Raises ModelError."""
    if path := locate(model, settings):
        return path
    if is_own_path(model):
        raise ModelError(f"There is no model {Path(model).name}.")
    raise ModelError(f"{model} is not on this machine; run: python cli.py models pull {shlex.quote(model)}")


def _examples(request: Request) -> tuple[list[Example], list[Example]]:
    """For training, and held out. Raises InputError."""
    found = read_manifest(request.manifest)
    if request.validation:
        return found, read_manifest(request.validation)
    if len(found) < 2:
        raise InputError("One clip cannot be learnt from and held out: give more, or --validation.")
    drawn = set(random.Random(0).sample(range(len(found)), max(1, round(HELD_OUT * len(found)))))  # noqa: S311
    return [row for i, row in enumerate(found) if i not in drawn], [found[i] for i in sorted(drawn)]


def _fitted(network: CtcNetwork, examples: Sequence[Example]) -> Sequence[Example]:
    found = fitted(examples, network.writes)
    for warning in found.warnings:
        say(f"warning: {warning}")
    return found.examples


def _fingerprint(request: Request, path: Path, run: Run) -> str:
    stamp = path.stat()
    parts = [request.plan, stamp.st_size, stamp.st_mtime_ns]
    clips = [[row.sound.name, row.offset, row.duration, row.text] for row in (*run.training, *run.held_out)]
    return hashlib.sha256(f"{parts} {clips}".encode("utf-8", "surrogateescape")).hexdigest()


def _learn(run: Run, checkpoint: Checkpoint, epochs: int) -> None:
    seconds = sum(row.duration for row in run.training)
    heard = f"{len(run.training)} clips, {seconds / 60:.1f} min; {len(run.held_out)} held out"
    say(f"{heard}; {checkpoint.path.name} is kept until it is done")
    with stage_bars("fine-tuning") as bars:
        show = bars or (lambda stage, fraction: None)
        run.learn(
            on_epoch=lambda epoch: say(_line(epoch, epochs)),
            on_progress=lambda number, fraction, loss: show(f"epoch {number}, loss {loss:.2f}", fraction),
            on_checkpoint=checkpoint.save,
        )


def _line(epoch: Epoch, epochs: int) -> str:
    if epoch.number == 0:
        return f"before: WER {100 * epoch.wer:.1f} % on the held-out clips"
    loss = "-" if epoch.loss is None else f"{epoch.loss:.2f}"
    return f"epoch {epoch.number} of {epochs}: loss {loss}, WER {100 * epoch.wer:.1f} %"


def _report(run: Run, request: Request) -> None:
    before, best = run.epochs[0], run.best
    if best.number == 0:
        say("warning: no epoch was better than the model as it was, so its weights are unchanged; try another --lr.")
    if request.as_json:
        rows = [{"epoch": one.number, "wer": round(one.wer, 4), "loss": one.loss} for one in run.epochs]
        rates = {"wer_before": round(before.wer, 4), "wer_after": round(best.wer, 4), "best_epoch": best.number}
        print(json.dumps({"file": str(request.out), **rates, "epochs": rows}), flush=True)
        return
    words = before.held_out.words
    print(f"WER on {words} held-out words: {100 * before.wer:.1f} % before, {100 * best.wer:.1f} % after", flush=True)
    print(f"-> {request.out}  (in a profile: asr: model_path: {request.out.absolute()})", flush=True)


@contextmanager
def _chatter_off(settings: Settings) -> Iterator[None]:
    """stdout carries results only."""
    configure_logging(settings.model_copy(update={"log_level": "WARNING"}))
    with redirect_stdout(sys.stderr):
        from pipeline.nemo_models import quiet_nemo

        quiet_nemo(settings.nemo_log_level)
        yield
