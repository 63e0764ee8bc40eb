from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from errors import InputError
from training.manifest import Example, batches, read_manifest, read_sound


@pytest.fixture
def write(tmp_path):
    def make(*rows):
        path = tmp_path / "manifest.json"
        path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
        return path

    return make


def test_lines_become_examples(write, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(8 * 8_000), 8_000)
    path = write(
        {"audio_filepath": "a.wav", "duration": 2, "text": "hello", "speaker": "Anna"},
        "",
        {"audio_filepath": str(tmp_path / "a.wav"), "duration": 1.5, "offset": 3, "text": "", "lang": "en"},
    )
    assert read_manifest(path) == [
        Example(tmp_path / "a.wav", 2.0, "hello"),
        Example(tmp_path / "a.wav", 1.5, "", 3.0, "en"),
    ]


@pytest.mark.parametrize(
    "row",
    [
        "no json", "[]", "null", {"audio_filepath": "a.wav", "text": "a"}, {"audio_filepath": "a.wav", "duration": 1},
        {"audio_filepath": "a.wav", "duration": -1, "text": "a"},
        {"audio_filepath": "no.wav", "duration": 1, "text": "a"},
        {"audio_filepath": "a.wav", "duration": "nan", "text": "a"},
        {"audio_filepath": "a.wav", "duration": 1, "offset": 1.15, "text": "a"},
        {"audio_filepath": "a.wav", "duration": 2.15, "text": "a"},
        {"audio_filepath": "manifest.json", "duration": 1, "text": "a"},
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_by_its_line(write, tmp_path, row):
    soundfile.write(tmp_path / "a.wav", np.zeros(16_000), 8_000)
    with pytest.raises(InputError, match=r"manifest\.json, line 2"):
        read_manifest(write({"audio_filepath": "a.wav", "duration": 1, "text": "a"}, row))


def test_a_manifest_that_is_missing_or_empty_is_refused(write, tmp_path):
    for path in (tmp_path / "none.json", write("", " "), tmp_path):
        with pytest.raises(InputError, match=path.name):
            read_manifest(path)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050])
def test_a_part_of_a_sound_comes_at_16_khz_with_its_channels_averaged(tmp_path, rate):
    left = np.sin(2 * np.pi * 500 * np.arange(3 * rate) / rate)
    left[: 1 * rate] = 0
    soundfile.write(tmp_path / "a.flac", np.stack([left, np.zeros_like(left)], axis=1) * 0.5, rate)
    sound = read_sound(Example(tmp_path / "a.flac", 1.5, "", 0.5))
    assert (sound.dtype, len(sound)) == (np.float32, 24_000)
    assert np.abs(sound[:7_900]).max() < 0.01
    assert np.abs(sound[9_000:23_000]).max() == pytest.approx(0.25, abs=0.01)


def test_a_duration_may_be_rounded(write, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.full(8_000, 0.5), 8_000)
    (example,) = read_manifest(write({"audio_filepath": "a.wav", "duration": 1.05, "text": "a"}))
    assert len(read_sound(example)) == 16_000


def test_silence_is_not_read_where_a_sound_has_ended(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.full(8_000, 0.5), 8_000)
    for offset in (0.5, 3.0):
        with pytest.raises(InputError, match=r"a\.wav ends before"):
            read_sound(Example(tmp_path / "a.wav", 1.0, "", offset))


def test_what_is_no_sound_is_refused(tmp_path):
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(InputError, match=r"a\.wav"):
        read_sound(Example(tmp_path / "a.wav", 1.0, ""))


def test_batches_hold_every_clip_once_and_no_more_than_they_may(clips):
    for order in (None, np.random.default_rng(0)):
        made = batches(clips, 3.0, order)
        assert sorted(clip.sound.name for batch in made for clip in batch) == sorted(clip.sound.name for clip in clips)
        assert all(len(batch) * max(clip.duration for clip in batch) <= 3.0 for batch in made)
    assert [len(batch) for batch in batches(clips, 0.1)] == [1] * 12


def test_the_order_is_that_of_the_seed(clips):
    first, again, other = (batches(clips, 2.0, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
