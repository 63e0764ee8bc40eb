from __future__ import annotations

import os

import numpy as np
import pytest
import soundfile
import torch

from errors import DiarizationError, ModelError
from pipeline.nemo_asr import load_asr
from tests.checkpoints.utterances import utterances
from training.manifest import Example
from training.network import KINDS, CtcNetwork, choose_device, open_network


@pytest.fixture(scope="module")
def network(asr_checkpoints):
    return open_network(asr_checkpoints["ctc"], "cpu", "tiny")


@pytest.fixture
def said(tmp_path):
    """Two clips that the fixture model knows."""
    found = []
    for index, known in enumerate(utterances()[:2]):
        soundfile.write(tmp_path / f"{index}.wav", known.samples, 16_000)
        found.append(Example(tmp_path / f"{index}.wav", len(known.samples) / 16_000, known.text))
    return found


def test_it_writes_what_is_said(network, said):
    assert network.write(said) == [example.text for example in said]


def test_the_loss_falls_along_its_gradient_and_is_large_for_another_text(network, said):
    right, wrong = network.loss(said), network.loss([Example(one.sound, one.duration, "Yes.") for one in said])
    assert float(wrong.detach()) > 10 * float(right.detach())
    wrong.backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters if p.grad is not None)
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters)


def test_what_is_left_to_chance_is_settled_by_a_number():
    from nemo.collections.asr.parts.submodules.spectr_augment import SpecAugment

    class Chancy(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.dropout, self.masks = torch.nn.Dropout(), SpecAugment(freq_masks=2, use_vectorized_code=False)

        def draw(self, number):
            network.seed(number)
            scores = self.masks(input_spec=torch.ones(1, 80, 100), length=torch.tensor([100]))
            return self.dropout(torch.ones(100)), scores, np.random.rand(3)

    network = CtcNetwork(model := Chancy(), "cpu")
    for first, again, other in zip(model.draw(1), model.draw(1), model.draw(2), strict=True):
        assert (first == again).all()
        assert (first != other).any()


def test_statistics_of_batch_norms_are_left_alone(network, said):
    before = {name: value for name, value in network.state().items() if "running" in name}
    network.loss(said)
    after = network.state()
    assert before
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_a_clip_of_no_length_and_more_text_than_time_do_no_harm(network, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(800), 16_000)
    short = Example(tmp_path / "a.wav", 0.05, "a great many words for so little time, and still more of them")
    assert torch.isfinite(network.loss([short]))
    assert len(network.write([short])) == 1


def test_it_knows_what_it_can_write(network):
    assert [network.writes(sign) for sign in "aH.ж字"] == [True, True, True, False, False]


def test_a_model_of_letters_knows_its_letters():
    class Letters(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.decoder = torch.nn.Linear(1, 1)
            self.decoder.vocabulary = [" ", "a", "b"]

    letters = CtcNetwork(Letters(), "cpu")
    assert [letters.writes(sign) for sign in "abc"] == [True, True, False]
    assert letters._tokens("a bc") == [1, 0, 2]


def test_what_is_saved_is_a_model_of_the_same_class_and_weights(network, tmp_path):
    network.save(tmp_path / "new.nemo")
    assert os.listdir(tmp_path) == ["new.nemo"]
    again = load_asr(tmp_path / "new.nemo")
    assert type(again).__name__ == KINDS[0]
    assert all(torch.equal(value, network.state()[name]) for name, value in again.state_dict().items())


def test_weights_of_another_model_are_refused(network):
    with pytest.raises(ModelError):
        network.load({"a": torch.zeros(1)})


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("writer failed")])
def test_a_full_disk_leaves_no_half_model(network, tmp_path, monkeypatch, error):
    def full(path):
        with open(path, "w") as file:
            file.write("half of it")
        raise error

    monkeypatch.setattr(network._model, "save_to", full)
    with pytest.raises(DiarizationError, match=r"new\.nemo cannot be written"):
        network.save(tmp_path / "new.nemo")
    assert os.listdir(tmp_path) == []


def test_models_that_are_not_ctc_are_refused(asr_checkpoints, titanet):
    for path in (asr_checkpoints["rnnt"], titanet):
        with pytest.raises(ModelError, match="EncDecCTCModelBPE"):
            open_network(path, "cpu", "tiny")


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert (choose_device("auto"), choose_device("cpu")) == ("cpu", "cpu")
    with pytest.raises(ModelError, match="CUDA"):
        choose_device("cuda:1")
