"""What the pages promise to list, they list."""

from __future__ import annotations

from dataclasses import fields

import pytest

from pipeline.catalogue import CATALOGUE, Checkpoint
from pipeline.parameters import (
    ActivityParameters,
    AsrParameters,
    ClusteringParameters,
    EmbeddingParameters,
    SortformerParameters,
    VadParameters,
)
from pipeline.profile import IDLE, profile_names
from settings import ROOT, load_settings

MODELS = (ROOT / "docs" / "models.md").read_text()
MAP = (ROOT / "docs" / "from-nemo-scripts.md").read_text()
PARAMETERS = (
    ActivityParameters,
    AsrParameters,
    ClusteringParameters,
    EmbeddingParameters,
    SortformerParameters,
    VadParameters,
)


@pytest.mark.parametrize("known", CATALOGUE, ids=lambda known: known.name)
def test_every_model_of_the_catalogue_has_a_line(known: Checkpoint) -> None:
    (line,) = [line for line in MODELS.splitlines() if line.startswith(f"| `{known.name}` ")]
    assert known.licence in line
    assert known.languages in line


def test_every_profile_has_a_line() -> None:
    for name in profile_names(load_settings(model_config_dir=ROOT / "conf")):
        assert any(f"`{name}`" in line for line in MODELS.splitlines() if line.startswith("| `")), name


@pytest.mark.parametrize("kind", PARAMETERS, ids=lambda kind: kind.__name__)
def test_every_parameter_is_on_the_map(kind: type) -> None:
    assert [field.name for field in fields(kind) if f"`{field.name}`" not in MAP] == []


@pytest.mark.parametrize("key", IDLE)
def test_every_key_without_effect_is_on_the_map_as_such(key: str) -> None:
    """By its dotted name, or by its last part in the table of its section."""
    names = (f"`{key.strip('.')}`", f"`{key.strip('.').rpartition('.')[2]}`")
    lines = [line for line in MAP.splitlines() if any(name in line for name in names)]
    assert any("| idle |" in line for line in lines) or key == "diarizer.msdd_model.", lines
    assert lines
