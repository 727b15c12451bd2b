"""A file is written whole or not at all, whoever else writes it and however the disk refuses."""

import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.files import write_once, write_whole


def test_a_file_is_replaced_whole_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    for content in (b"first", b"second"):
        write_whole(file, content)
        assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_cannot_be_replaced_stays_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    in_the_way = tmp_path / "folder"
    in_the_way.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(in_the_way, b"text")
    assert list(tmp_path.iterdir()) == [in_the_way]


def test_what_a_killed_process_left_beside_is_neither_believed_nor_in_the_way(tmp_path: Path) -> None:

    left = tmp_path / f".key.{os.getpid()}.{threading.get_ident()}.tmp"
    left.write_bytes(b"half of a much longer file")
    left.chmod(0o666)
    write_whole(tmp_path / "key", b"whole", private=True)
    assert (tmp_path / "key").read_bytes() == b"whole"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


@pytest.mark.parametrize(("private", "others"), [(True, 0), (False, 0o044)])
def test_only_a_private_file_is_closed_to_others(tmp_path: Path, private: bool, others: int) -> None:

    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "file", b"text", private=private)
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o077 == others


def test_a_file_that_is_written_once_is_never_replaced(tmp_path: Path) -> None:
    write_once(tmp_path / "key", b"mine")
    with pytest.raises(FileExistsError):
        write_once(tmp_path / "key", b"yours")
    assert (tmp_path / "key").read_bytes() == b"mine"
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_threads_that_write_one_file_leave_one_of_their_contents(tmp_path: Path) -> None:
    contents = [bytes([letter]) * 100_000 for letter in b"abcdefgh"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: write_whole(tmp_path / "file", content), contents * 5))
    assert (tmp_path / "file").read_bytes() in contents
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
