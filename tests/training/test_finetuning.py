from __future__ import annotations

import io

import pytest
import torch

from errors import InvalidOption, ModelError
from tests.training.conftest import LittleNetwork
from training import finetuning
from training.finetuning import Plan, Run

PLAN = Plan(epochs=4, batch_seconds=3.0, rate=0.5)


class Interrupted(Exception):
    pass


def nothing(*_):
    pass


def learn(run, on_epoch=nothing, on_progress=nothing, on_checkpoint=nothing):
    run.learn(on_epoch, on_progress, on_checkpoint)
    return run


def test_the_held_out_clips_are_judged_before_and_after_each_epoch(clips):
    judged, progress = [], []
    run = learn(
        Run(LittleNetwork(), clips[:8], clips[8:], PLAN),
        judged.append,
        lambda number, fraction, loss: progress.append((number, fraction)),
    )
    assert [epoch.number for epoch in judged] == [0, 1, 2, 3, 4]
    assert (judged[0].wer, judged[0].loss) == (1.0, None)
    assert run.best.wer == 0.0
    assert judged[4].loss < judged[1].loss
    assert {number for number, _ in progress} == {1, 2, 3, 4}
    assert [fraction for number, fraction in progress if number == 1][-1] == 1.0


def test_the_weights_of_the_best_epoch_are_kept_though_later_ones_are_worse(clips):
    network = LittleNetwork()
    with torch.no_grad():
        network.weight.fill_(1.0)  # right from the start
    turned = [type(clip)(clip.sound, clip.duration, "quiet" if clip.text == "loud" else "loud") for clip in clips[:8]]
    run = learn(Run(network, turned, clips[8:], PLAN))
    assert (run.best.number, run.best.wer) == (0, 0.0)
    assert run.epochs[-1].wer > 0
    assert network.write(clips[8:]) == [clip.text for clip in clips[8:]]


@pytest.mark.parametrize("stop", [(1, 0.3), (2, 0.3), (3, 1.0)])
def test_a_run_that_was_broken_off_learns_what_it_would_have_learnt(clips, monkeypatch, stop):
    monkeypatch.setattr(finetuning, "SAVE_EVERY", -1.0)  # a checkpoint after each batch
    whole = learn(Run(LittleNetwork(), clips[:8], clips[8:], PLAN))
    saved = []

    def interrupt(number, fraction, loss):
        if (number, fraction) >= stop and saved:
            raise Interrupted

    broken = Run(LittleNetwork(), clips[:8], clips[8:], PLAN)
    with pytest.raises(Interrupted):
        broken.learn(nothing, interrupt, lambda state: saved.append(as_read(state)))
    rest = LittleNetwork()
    run = Run(rest, clips[:8], clips[8:], PLAN)
    run.go_on(saved[-1])
    learn(run)
    assert [epoch.wer for epoch in run.epochs] == [epoch.wer for epoch in whole.epochs]
    assert torch.equal(rest.weight, whole.network.weight)
    assert torch.equal(rest.bias, whole.network.bias)
    assert len(rest.heard) < len(whole.network.heard)


def as_read(state):
    """As a file would hold it."""
    held = io.BytesIO()
    torch.save(state, held)
    held.seek(0)
    return torch.load(held, weights_only=True)


def test_the_state_of_another_run_is_refused(clips):
    run = Run(LittleNetwork(), clips[:8], clips[8:], PLAN)
    with pytest.raises(ModelError):
        run.go_on({"epochs": [], "done": 0})


def test_a_loss_that_is_no_number_ends_the_run(clips):
    class Lost(LittleNetwork):
        def loss(self, batch):
            return super().loss(batch) * float("nan")

    with pytest.raises(ModelError, match="--lr"):
        learn(Run(Lost(), clips[:8], clips[8:], Plan(epochs=50, batch_seconds=3.0)))


def test_a_gpu_that_is_too_small_is_said(clips, monkeypatch):
    def too_small(*_):
        raise torch.cuda.OutOfMemoryError

    monkeypatch.setattr(torch.Tensor, "backward", too_small)
    with pytest.raises(ModelError, match="--batch-seconds"):
        learn(Run(LittleNetwork(), clips[:8], clips[8:], PLAN))


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_seconds": 0}, {"rate": 0}, {"rate": 2}])
def test_plans_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InvalidOption):
        Plan(**wrong)
