"""Options that several commands have alike."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Count = Annotated[int | None, typer.Option(help="1 to 50.")]
Profile = Annotated[str | None, typer.Option(help="Profile to run, instead of MODEL_CONFIG.")]
Diarizer = Annotated[
    Literal["auto", "clustering", "sortformer", "nemotron"],
    typer.Option(help="Who tells voices apart, of those that the profile holds."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print results for machines.")]
