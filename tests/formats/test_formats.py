from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import formats
from errors import UnknownFormat

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


def test_every_format_has_its_own_name_type_and_extension():
    assert {"json", "txt", "srt", "vtt", "rttm", "seglst"} <= set(formats.FORMATS)
    assert len({fmt.EXTENSION.lower() for fmt in formats.FORMATS.values()}) == len(formats.FORMATS)
    assert len({fmt.MIMETYPE for fmt in formats.FORMATS.values()}) == len(formats.FORMATS)


@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_every_format_has_a_line_in_the_docs(name):
    fmt = formats.FORMATS[name]
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    assert f"`.{fmt.EXTENSION}`" in line
    assert f"`{fmt.MIMETYPE}`" in line


@pytest.mark.parametrize("fmt", list(formats.FORMATS))
def test_render_finds_the_format_by_its_name(fmt, talk):
    rendered = formats.render(talk, fmt, name="talk")
    assert rendered == formats.FORMATS[fmt].render(talk, name="talk")
    assert rendered == formats.render(talk, f" {fmt.upper()} ", name="talk")


@pytest.mark.parametrize("name", ["xml", "", "json,txt", "../json"])
def test_an_unknown_format_is_refused_with_the_known_ones(name, talk):
    with pytest.raises(UnknownFormat, match=r"json, txt, md, html, srt, .*, rttm, seglst") as caught:
        formats.render(talk, name)
    assert caught.value.field == "format"


@pytest.mark.parametrize(
    ("field", "accept", "chosen"),
    [
        (None, None, "json"),
        (None, "", "json"),
        (None, "*/*", "json"),
        ("", "text/vtt", "vtt"),
        (" ", None, "json"),
        ("srt", "text/vtt", "srt"),
        (None, "text/vtt", "vtt"),
        (None, "TEXT/VTT", "vtt"),
        (None, "application/x-subrip", "srt"),
        (None, "text/x-rttm", "rttm"),
        (None, "application/x-seglst+json", "seglst"),
        (None, "text/csv", "csv"),
        (None, "text/html", "json"),
        ("html", None, "html"),
        (None, "text/*", "txt"),
        (None, "text/plain;q=0.4, text/vtt;q=0.5", "vtt"),
        (None, "application/json;q=0.1, text/vtt;q=0.9", "vtt"),
        (None, "text/vtt;q=0, */*", "json"),
        (None, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"),
        (None, "image/png", "json"),
        (None, "nonsense;;q=q", "json"),
    ],
)
def test_negotiate(field, accept, chosen):
    assert formats.negotiate(field, accept) is formats.FORMATS[chosen]


def test_negotiate_refuses_an_unknown_field_whatever_is_accepted():
    with pytest.raises(UnknownFormat):
        formats.negotiate("docx", "text/vtt")


@given(st.text())
def test_no_accept_header_is_an_error(accept):
    assert formats.negotiate(None, accept).NAME in formats.FORMATS


def test_formats_are_light():
    """The web process imports them."""
    code = "import sys, formats; print(*sorted({'torch', 'nemo', 'scipy', 'pandas', 'pyarrow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
