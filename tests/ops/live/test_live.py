"""A session that is served shows in its window what its journal says afterwards, and its own journal is not changed by it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from run_support import run

import ops.commands.sessions.session as session
import ops.live.opened as opened
from agents.records.folder import JOURNAL, journal_of
from config.secrets import journal_key
from execution.journal.chain import Journal
from ops.live.following.tail import Tail
from ops.live.following.window import Window
from ops.live.state.values import Status


def status_in(journal: Path) -> Status | None:
    """What the journal says."""
    window = Window(journal.parent.name)
    with Tail(window, journal, journal_key(), every_s=0.01):
        while window.is_reading:
            assert not window.fault
    return window.status()


@pytest.mark.slow
def test_the_window_of_a_session_and_that_of_its_journal_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    windows: list[Window] = []

    class Kept(Window):
        def __init__(self, name: str) -> None:
            super().__init__(name)
            windows.append(self)

    monkeypatch.setattr(opened, "Window", Kept)
    served, plain = tmp_path / "a" / "r", tmp_path / "b" / "r"
    assert run(served, "--days", "6", "--seed", "3", "--serve", "0") == 0
    assert "The session is shown at http://127.0.0.1:" in capsys.readouterr().err
    assert run(plain, "--days", "6", "--seed", "3") == 0
    assert (served / JOURNAL).read_bytes() == (plain / JOURNAL).read_bytes()
    (window,) = windows
    with window.fold() as fold:
        assert fold is not None
        assert fold.orders or fold.trades, "something was ordered"
    assert window.status() == status_in(journal_of(served))


@pytest.mark.slow
@pytest.mark.parametrize("is_paced", [False, True])
def test_a_paced_session_commits_each_event_at_once_so_that_a_window_beside_it_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_paced: bool
) -> None:
    groups: list[int] = []

    class Noted(Journal):
        def __init__(self, path: Path, key: bytes, group_commit: int, url: str | None = None) -> None:
            groups.append(group_commit)
            super().__init__(path, key, group_commit, url)

    monkeypatch.setattr(session, "Journal", Noted)
    assert run(tmp_path / "r", "--days", "1", *(("--pace", "0.001") if is_paced else ())) == 0
    assert len(groups) == 1
    assert (groups[0] == 1) is is_paced


def test_a_port_that_is_taken_is_told_and_the_session_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with taken() as port:
        assert run(tmp_path / "r", "--days", "1", "--serve", str(port)) == 0
    told = capsys.readouterr().err
    assert f"127.0.0.1:{port} cannot be served" in told
    assert "The session goes on." in told


@pytest.mark.parametrize(
    ("option", "word"), [(("--serve", "70000"), "70000 is no port"), (("--pace", "0"), "--pace 0 is no pace")]
)
def test_what_cannot_be_a_port_or_a_pace_starts_nothing(
    tmp_path: Path, option: tuple[str, str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "r", *option) == 2
    assert word in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


@contextmanager
def taken() -> Iterator[int]:
    """A port that somebody has."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])
