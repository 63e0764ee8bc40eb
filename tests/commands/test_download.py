from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from commands import download as downloads
from commands.download import BLOCK, RemoteFile, download
from errors import ModelError
from tests.file_server import Asked, FileServer

CONTENT = os.urandom(3_000_000)
SUM = hashlib.sha256(CONTENT).hexdigest()
PATH = "/models/x.nemo"


@pytest.fixture
def remote(server: FileServer) -> RemoteFile:
    server.files[PATH] = CONTENT
    return RemoteFile("x", server.url + PATH, "x.nemo")


def ignore(done: int, total: int | None) -> None:
    pass


def part_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def test_a_file_comes_whole_and_its_progress_is_told(remote: RemoteFile, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    target = tmp_path / "store" / "x.nemo"
    assert download(remote, target, lambda *progress: seen.append(progress)) == SUM
    assert target.read_bytes() == CONTENT
    assert not part_of(target).exists()
    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_what_was_left_of_an_earlier_run_is_not_fetched_again(
    remote: RemoteFile, server: FileServer, tmp_path: Path
) -> None:
    target = tmp_path / "x.nemo"
    part_of(target).write_bytes(CONTENT[:1_000_000])
    assert download(remote, target, ignore) == SUM
    assert [asked.range for asked in server.asked] == ["bytes=1000000-"]
    assert target.read_bytes() == CONTENT


def test_a_cut_connection_is_taken_up_where_it_broke_off(
    remote: RemoteFile, server: FileServer, tmp_path: Path
) -> None:
    server.cuts[PATH] = [20 * BLOCK, 10 * BLOCK + 7]
    target = tmp_path / "x.nemo"
    assert download(remote, target, ignore) == SUM
    assert target.read_bytes() == CONTENT
    first, second, third = (asked.range for asked in server.asked)
    assert first is None
    assert second == f"bytes={20 * BLOCK}-"
    assert third == f"bytes={30 * BLOCK}-"


def test_a_line_that_brings_nothing_more_ends_in_one_sentence_and_keeps_what_came(
    remote: RemoteFile, server: FileServer, tmp_path: Path
) -> None:
    server.cuts[PATH] = [5 * BLOCK, 0, 0, 0, 0, 0]
    target = tmp_path / "x.nemo"
    with pytest.raises(ModelError, match=r"^x: 127\.0\.0\.1 .*run the command again") as caught:
        download(remote, target, ignore)
    assert "\n" not in caught.value.message
    assert len(server.asked) == downloads.ATTEMPTS
    assert part_of(target).read_bytes() == CONTENT[: 5 * BLOCK]
    assert not target.exists()
    server.cuts.clear()
    assert download(remote, target, ignore) == SUM
    assert server.asked[-1].range == f"bytes={5 * BLOCK}-"


def test_a_server_that_ignores_range_starts_anew(remote: RemoteFile, server: FileServer, tmp_path: Path) -> None:
    server.ranges = False
    target = tmp_path / "x.nemo"
    part_of(target).write_bytes(b"z" * 5_000_000)
    assert download(remote, target, ignore) == SUM
    assert target.read_bytes() == CONTENT


def test_bytes_from_another_place_than_asked_for_are_not_taken(
    remote: RemoteFile, server: FileServer, tmp_path: Path
) -> None:
    server.headers[PATH] = {"Content-Range": "bytes 500-2999999/3000000"}
    target = tmp_path / "x.nemo"
    part_of(target).write_bytes(CONTENT[:1_000_000])
    assert download(remote, target, ignore) == SUM
    assert [asked.range for asked in server.asked] == ["bytes=1000000-", None]


@pytest.mark.parametrize("left", [len(CONTENT), len(CONTENT) + 7])
def test_a_part_that_is_as_long_as_the_file_or_longer(
    left: int, remote: RemoteFile, server: FileServer, tmp_path: Path
) -> None:
    target = tmp_path / "x.nemo"
    part_of(target).write_bytes((CONTENT + b"surplus")[:left])
    assert download(remote, target, ignore) == SUM
    assert target.read_bytes() == CONTENT


def test_a_part_that_is_complete_is_only_checked(server: FileServer, tmp_path: Path) -> None:
    target = tmp_path / "x.nemo"
    part_of(target).write_bytes(CONTENT)
    assert download(RemoteFile("x", server.url + PATH, "x.nemo", len(CONTENT), SUM), target, ignore) == SUM
    assert server.asked == []


def test_another_length_than_announced_is_refused_before_it_is_fetched(
    remote: RemoteFile, server: FileServer, tmp_path: Path
) -> None:
    wrong = RemoteFile("x", remote.url, "x.nemo", size=len(CONTENT) + 1)
    with pytest.raises(ModelError, match=r"^x: the server sends 3000000 bytes and has announced 3000001"):
        download(wrong, tmp_path / "x.nemo", ignore)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_unknown_length_that_is_too_short_is_refused(
    remote: RemoteFile, server: FileServer, tmp_path: Path
) -> None:
    server.headers[PATH] = {"Content-Length": ""}
    server.cuts[PATH] = [10]
    announced = RemoteFile("x", remote.url, "x.nemo", size=len(CONTENT))
    with pytest.raises(ModelError, match=r"^x: 10 bytes came instead of 3000000"):
        download(announced, tmp_path / "x.nemo", ignore)
    assert list(tmp_path.iterdir()) == []


def test_other_bytes_than_promised_are_refused_and_removed(remote: RemoteFile, tmp_path: Path) -> None:
    wrong = RemoteFile("x", remote.url, "x.nemo", sha256="0" * 64)
    with pytest.raises(ModelError, match=r"^x: .*another SHA-256"):
        download(wrong, tmp_path / "x.nemo", ignore)
    assert list(tmp_path.iterdir()) == []


def test_the_sum_that_hugging_face_tells_on_the_way_is_checked(
    remote: RemoteFile, server: FileServer, tmp_path: Path
) -> None:
    server.redirects["/resolve"] = PATH
    away = RemoteFile("x", f"{server.url}/resolve", "x.nemo")
    server.headers["/resolve"] = {"X-Linked-Etag": f'"{SUM}"'}
    assert download(away, tmp_path / "x.nemo", ignore) == SUM
    server.headers["/resolve"] = {"X-Linked-Etag": f'"{"1" * 64}"'}
    with pytest.raises(ModelError, match="another SHA-256"):
        download(away, tmp_path / "y.nemo", ignore)


def test_a_busy_server_is_asked_again(remote: RemoteFile, server: FileServer, tmp_path: Path) -> None:
    server.statuses[PATH] = [503, 429]
    assert download(remote, tmp_path / "x.nemo", ignore) == SUM
    assert len(server.asked) == 3


def test_a_refusal_is_not_repeated(remote: RemoteFile, server: FileServer, tmp_path: Path) -> None:
    server.statuses[PATH] = [403, 403]
    with pytest.raises(ModelError, match=r"^x: 127\.0\.0\.1 refused \(403\).*HF_TOKEN"):
        download(remote, tmp_path / "x.nemo", ignore)
    assert server.asked == [Asked(PATH, None, "Bearer hf_secret")]


def test_a_disk_without_room_is_told_before_anything_comes(
    remote: RemoteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = downloads.shutil.disk_usage(tmp_path)._replace(free=1_000)
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ModelError, match=r"GB are needed .* MODEL_CACHE_DIR"):
        download(remote, tmp_path / "x.nemo", ignore)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named_by_its_setting(remote: RemoteFile, tmp_path: Path) -> None:
    (tmp_path / "store").touch()
    with pytest.raises(ModelError, match=r"^x: x\.nemo cannot be written .*MODEL_CACHE_DIR"):
        download(remote, tmp_path / "store" / "x.nemo", ignore)
