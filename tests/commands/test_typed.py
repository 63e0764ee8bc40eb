from __future__ import annotations

import pytest

PROFILED = (
    ("transcribe",), ("batch",), ("evaluate",), ("plot",), ("dataset",), ("models", "bundle"),
)  # fmt: skip


@pytest.mark.parametrize("command", PROFILED)
def test_a_profile_is_chosen_alike_everywhere(cli, command: tuple[str, ...]) -> None:
    shown = " ".join(cli(*command, "--help").stdout.split())
    assert "Profile to run, instead of MODEL_CONFIG." in shown


@pytest.mark.parametrize("command", ["transcribe", "batch", "evaluate"])
def test_a_diarizer_that_nobody_knows_is_refused_alike(cli, command: str, tmp_path) -> None:
    refused = cli(command, tmp_path, "--diarizer", "guess", *(["--out", tmp_path] if command == "batch" else []))
    assert refused.exit_code == 2
    assert "'auto', 'clustering', 'sortformer', 'nemotron'" in refused.stderr
