from __future__ import annotations

import json

import pytest
import typer

from commands.exits import EXIT_CODES, chosen_settings, end, exit_codes
from errors import DiarizationError, InputError, ModelError


@pytest.mark.parametrize(
    ("error", "code"),
    [(InputError("a"), 2), (ModelError("a"), 3), (DiarizationError("a"), 3), (OSError(13, "a", "folder"), 3)],
)
def test_an_error_is_one_line_and_an_exit_code(error, code, capsys):
    with pytest.raises(typer.Exit) as raised, exit_codes(as_json=True):
        raise error
    said = capsys.readouterr()
    assert raised.value.exit_code == code
    assert said.err.count("\n") == 1
    assert "a" in json.loads(said.out)["error"]["message"]
    assert f"  {code}    " in EXIT_CODES


def test_a_failure_of_some_files_is_another_code():
    end(True)
    with pytest.raises(typer.Exit) as raised:
        end(False)
    assert raised.value.exit_code == 1


def test_settings_have_the_profile_that_was_typed(monkeypatch):
    assert chosen_settings("sortformer").profile == "sortformer"
    monkeypatch.setenv("MAX_QUEUE", "none")
    with pytest.raises(InputError, match="MAX_QUEUE"):
        chosen_settings(None)
