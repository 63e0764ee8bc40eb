"""From a file to what one takes along: upload, progress, result, sound, names, another number of speakers, download."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import requests
import soundfile

from tests.browser.conftest import HeldServer, OpenPage, evaluate
from tests.browser.visiting import job_done, names, result, segment, send_file
from tests.fakes import wav
from tests.media import SAMPLE
from tests.web.conftest import LiveServer, StartServer

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

# Two files that are no recordings.
DROP = """async () => {
    const dropped = new DataTransfer()
    for (const name of ['one.txt', 'two.txt']) dropped.items.add(new File(['no sound'], name))
    for (const kind of ['dragover', 'drop']) {
        window.dispatchEvent(new DragEvent(kind, { dataTransfer: dropped, bubbles: true, cancelable: true }))
    }
}"""


def test_from_upload_to_download(talking: LiveServer, open_page: OpenPage, console: list[str]) -> None:
    hold = talking.folder / "hold"
    hold.touch()
    page = open_page(f"{talking.url}/")
    send_file(page, "held.wav")

    expect(page.get_by_role("heading", name="held.wav")).to_be_visible()
    expect(page.locator(".progress-card [aria-current=step]")).to_have_text("Writing words down")
    expect(page.locator(".provisional li")).to_have_count(2)
    expect(page.locator(".provisional li").first).to_contain_text("Let us look at the budget")
    hold.unlink()

    expect(page.locator(".segment").first).to_contain_text("Let us look at the budget")
    expect(page.locator(".lane-names li")).to_have_count(3)
    segment(page, 1).locator(".word", has_text="settled").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(segment(page, 1).locator(".word.now")).to_be_visible()
    page.get_by_role("button", name="Pause").click()

    page.get_by_role("button", name="Rename SPEAKER_00").click()
    page.get_by_label("Name of SPEAKER_00").fill("Anna & Ben")
    page.keyboard.press("Enter")
    expect(segment(page, 0).locator(".speaker")).to_have_text("Anna & Ben")
    page.get_by_label("How many people speak?").fill("2")
    page.get_by_role("button", name="Tell apart anew").click()
    expect(page.locator(".lane-names li")).to_have_text(["Anna & Ben", "SPEAKER_01"])

    page.locator("download-menu summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="SRT").click()
    assert download.value.suggested_filename == "held.srt"
    assert "Anna & Ben: Let us look at the budget" in Path(download.value.path()).read_text()

    page.reload()
    expect(segment(page, 0).locator(".speaker")).to_have_text("Anna & Ben")
    assert names(page) == ["Anna & Ben", "SPEAKER_01"]
    page.get_by_role("button", name="Undo the last change").click()
    expect(page.locator(".lane-names li")).to_have_count(3)
    assert console == []


def test_several_files_are_sent_in_turn_and_listed(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/")
    evaluate(page, f"({DROP})()")
    expect(page.locator("upload-row.bad")).to_have_count(2)  # refused, each with its reason
    page.set_input_files("#files", files=[_wav("first.wav"), _wav("second.wav")])
    for name in ("first.wav", "second.wav"):
        expect(page.locator("job-row[data-state=done]").get_by_role("link", name=name)).to_be_visible()
    expect(page.locator("upload-row.bad")).to_have_count(2)


def test_a_recording_from_the_microphone_becomes_a_job(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("timer")).to_have_text(re.compile("0:0[2-9]"))
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name=re.compile(r"Recording .*\.webm"))).to_be_visible()
    expect(page.locator("talk-transcript")).to_be_attached()


def test_options_go_with_the_file_and_are_summed_up(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/")
    page.locator("options-form summary").click()
    page.get_by_label("People who speak").select_option("exactly")
    page.get_by_label("How many", exact=True).fill("2")
    page.get_by_label("Language").select_option("de")
    expect(page.locator("options-form summary")).to_contain_text("2 people · German")
    send_file(page)
    expect(page.locator(".lane-names li")).to_have_count(2)


def test_words_to_expect_go_with_the_file(talking: LiveServer, open_page: OpenPage) -> None:
    """Seen by what the service says of too many of them."""
    terms = ", ".join(f"term {number}" for number in range(101))
    files = {"audio": ("talk.wav", wav(2.0))}
    refused = requests.post(f"{talking.url}/jobs", files=files, data={"keyterms": terms}, timeout=30)
    assert refused.status_code == 400
    page = open_page(f"{talking.url}/")
    page.locator("options-form summary").click()
    page.get_by_label("Words to expect").fill(terms)
    expect(page.locator("options-form summary")).to_contain_text("words to expect")
    expect(page.get_by_label("Name people whose voices are known")).to_be_hidden()  # there are none
    send_file(page)
    expect(page.locator("upload-row.bad").get_by_role("alert")).to_have_text(refused.json()["error"]["message"])


def test_names_of_known_voices_are_offered_where_there_are_any(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    page.route("**/speakers?limit=1", lambda route: route.fulfill(json={"speakers": [{"name": "Anna"}], "next": None}))
    page.goto(f"{talking.url}/")
    page.locator("options-form summary").click()
    page.get_by_label("Name people whose voices are known").check()
    expect(page.locator("options-form summary")).to_contain_text("names of known voices")


def test_what_is_in_work_stands_first(held: HeldServer, open_page: OpenPage) -> None:
    """Although others came later, and are over."""
    for name in ("works.wav", "waits.wav", "over.wav"):
        form = {"metadata": json.dumps({"title": name})}
        requests.post(f"{held.url}/jobs", files={"audio": (name, wav(2.0))}, data=form, timeout=30).raise_for_status()
    held.executor.end(held.executor.begun(2), RuntimeError("x"))
    page = open_page(f"{held.url}/")
    expect(page.locator("job-row[data-state=failed]")).to_be_visible()
    expect(page.locator("job-row .name")).to_have_text(["works.wav", "waits.wav", "over.wav"])


def test_profiles_are_offered_where_there_is_a_choice(start_server: StartServer, open_page: OpenPage) -> None:
    server = start_server("load_named", model_config="offline", profiles="diar_infer_telephonic").wait_ready()
    page = open_page(f"{server.url}/")
    page.locator("options-form summary").click()
    expect(page.get_by_label("Models").locator("option")).to_have_text(["The usual one", "diar_infer_telephonic"])
    page.get_by_label("Models").select_option("diar_infer_telephonic")
    send_file(page)
    expect(page.locator("talk-transcript")).to_be_attached(timeout=30_000)
    job = page.url.partition("job=")[2]
    assert result(server.url, job)["models"] == {"words": "diar_infer_telephonic-model"}


def test_text_that_looks_like_html_is_text(talking: LiveServer, open_page: OpenPage, console: list[str]) -> None:
    """In what was said, in a name, in the file's name."""
    page = open_page(f"{talking.url}/")
    send_file(page, "<b>markup<i>.wav")
    expect(page.get_by_role("heading", name="<b>markup<i>.wav")).to_be_visible()
    job = job_done(talking.url, "markup")
    page.goto(f"{talking.url}/#job={job}")
    expect(segment(page, 0).locator(".said")).to_have_text(re.compile(r"<img src=x onerror=.* said &lt;b&gt; aloud"))
    page.get_by_role("button", name="Rename SPEAKER_00").click()
    page.get_by_label("Name of SPEAKER_00").fill("<img src=x>")
    page.keyboard.press("Enter")
    expect(segment(page, 0).locator(".speaker")).to_have_text("<img src=x>")
    segment(page, 0).locator(".speaker").click()
    expect(page.locator("dialog blockquote")).to_contain_text("<img")
    assert page.locator("main img, dialog img, notice-list img").count() == 0
    assert "ran" not in page.title()
    assert console == []


def test_a_recording_without_words_is_shown_as_that(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/#job={job_done(talking.url, audio=wav(1.0))}")
    expect(page.get_by_text("Nothing was said here that could be understood.")).to_be_visible()
    page.get_by_role("button", name="Next segment").click()
    expect(page.get_by_role("button", name="Check next")).to_be_disabled()


def test_a_waveform_is_drawn_without_wavesurfer(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    page.route("**/vendor/*", lambda route: route.fulfill(status=404, body="{}"))
    page.goto(f"{talking.url}/#job={job_done(talking.url)}")
    expect(page.locator(".wave > canvas")).to_be_visible()
    drawn = "document.querySelector('.wave > canvas').getContext('2d').getImageData(0, 0, 600, 60).data.some(Boolean)"
    assert page.evaluate(drawn)
    segment(page, 1).locator(".word").first.click()
    expect(segment(page, 1).locator(".word.now")).to_be_visible()


def test_a_waveform_shows_the_loudest_channel(talking: LiveServer, open_page: OpenPage) -> None:
    """Also where the first is silent."""
    sound = io.BytesIO()
    loud = 0.5 * np.sin(np.arange(8 * 16_000) * 0.1)
    soundfile.write(sound, np.stack([1e-4 * loud, loud], axis=1), 16_000, format="WAV")
    job = job_done(talking.url, audio=sound.getvalue(), channels="per_channel")
    page = open_page("about:blank")
    page.route("**/vendor/*", lambda route: route.fulfill(status=404, body="{}"))
    page.goto(f"{talking.url}/#job={job}")
    expect(page.locator(".wave > canvas")).to_be_visible()
    high = "document.querySelector('.wave > canvas').getContext('2d').getImageData(0, 4, 600, 8).data.some(Boolean)"
    assert page.evaluate(high)
    peaks = requests.get(f"{talking.url}/jobs/{job}/peaks?count=10", timeout=30).json()["channels"]
    assert len(peaks) == 2
    assert max(peaks[0]) < 0.01


def test_files_dropped_on_a_conversation_are_seen_on_their_way(talking: LiveServer, open_page: OpenPage) -> None:
    page = open_page(f"{talking.url}/#job={job_done(talking.url)}")
    expect(segment(page, 0)).to_be_visible()
    evaluate(page, f"({DROP})()")
    expect(page.locator("upload-row.bad")).to_have_count(2)
    expect(page.locator("upload-row.bad").first).to_be_visible()


def test_a_link_leads_to_a_moment(talking: LiveServer, open_page: OpenPage) -> None:
    job = job_done(talking.url)
    page = open_page(f"{talking.url}/#job={job}&t=12.5")
    expect(page.locator("player-bar .time").first).to_have_text("0:12")
    expect(page.locator(".segment.current")).to_contain_text("Then somebody should call")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()  # not unasked
    page.evaluate("location.hash = location.hash.replace('12.5', '1')")
    expect(page.locator(".segment.current")).to_contain_text("Let us look")


def test_with_real_models(offline: LiveServer, open_page: OpenPage, console: list[str]) -> None:
    """The sample: three people, and words that can be heard where they are said."""
    page = open_page(f"{offline.url}/")
    page.set_input_files("#files", SAMPLE)
    expect(page.locator(".segment").first).to_contain_text("Let us start.", timeout=180_000)
    expect(page.locator(".facts")).to_contain_text("1 min 11 s · English · 3 people")
    page.get_by_label("Search what was said").fill("budget")
    expect(page.locator(".word.current-hit")).to_contain_text("budget")
    segment(page, 1).locator("a.time").click()
    expect(segment(page, 1).locator(".word.now")).to_be_visible()
    assert console == []


def _wav(name: str) -> dict:
    return {"name": name, "mimeType": "audio/wav", "buffer": wav(8.0)}
