from __future__ import annotations

from pathlib import Path


def test_what_is_typed_for_an_evaluation_is_what_is_asked_for(cli, monkeypatch, tmp_path):
    asked = []
    run = lambda request, settings: asked.append((request, settings)) or True  # noqa: E731
    monkeypatch.setattr("commands.evaluate.evaluate", run)
    options = ("--num-speakers-from-reference", "--language", "DE", "--diarizer", "clustering", "--profile", "offline")
    assert cli("evaluate", tmp_path, *options, "--out", tmp_path / "o", "--json").exit_code == 0
    ((request, settings),) = asked
    assert (request.options.language, request.options.diarizer, settings.profile) == ("de", "clustering", "offline")
    assert (tmp_path, None, tmp_path / "o", True, True) == (
        *(request.references, request.hyp, request.out),
        *(request.speakers_given, request.as_json),
    )


def test_what_is_typed_for_a_picture_is_what_is_asked_for(cli, monkeypatch):
    asked = []
    run = lambda request, settings, opening: asked.append((request, settings)) or False  # noqa: E731
    monkeypatch.setattr("commands.plot.plot", run)
    assert cli("plot", "in/a.wav", "--kind", "mel", "--width", "400", "--theme", "dark").exit_code == 1
    ((request, settings),) = asked
    assert (request.file, request.out, request.kind) == (Path("in/a.wav"), Path("a.png"), "mel")
    assert (request.width, request.theme, settings.profile) == (400, "dark", "auto")
