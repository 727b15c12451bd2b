"""`tribunal serve` as it is typed: it serves a run until it is stopped, sets the password, makes tokens, and refuses in words."""

import argparse
import io
import json
import socket
import sys
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from kept_journals import JOURNALS, KEY

from config.secrets import journal_key
from execution.journal.chain import Journal
from ops.commands.operate.serve import serve_command
from ops.live.auth.operator import FILE, SCOPES, Operator, read_operator
from ops.serve import main, parser

KEPT = JOURNALS / "rules-0.6.0"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))


def asked(*typed: str) -> argparse.Namespace:
    return parser().parse_args(typed)


def test_a_run_is_served_until_it_is_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    stop, codes = Event(), list[int]()
    serving = Thread(target=lambda: codes.append(serve_command(asked(str(KEPT), "--port", "0"), stop)))
    serving.start()
    told, end = "", monotonic() + 30
    while "is shown at" not in told:
        assert monotonic() < end
        sleep(0.02)
        told += capsys.readouterr().err
    address = told.partition("is shown at ")[2].split()[0]
    assert address.startswith("http://127.0.0.1:")
    while True:
        assert monotonic() < end
        with urlopen(f"{address}api/status") as answer:
            status = json.loads(answer.read())
        if status["phase"] != "reading":
            break
        sleep(0.05)
    assert (status["head"]["run"], status["phase"]) == (KEPT.name, "completed")
    stop.set()
    serving.join(10)
    assert codes == [0]
    with pytest.raises(OSError, match="refused"):
        urlopen(address)


def test_a_session_that_has_written_nothing_yet_is_served_and_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    journal = Journal(tmp_path / "journal.db", journal_key(), group_commit=10_000)
    stop, codes = Event(), list[int]()
    serving = Thread(target=lambda: codes.append(serve_command(asked(str(tmp_path), "--port", "0"), stop)))
    serving.start()
    told, end = "", monotonic() + 30
    while "is shown at" not in told:
        assert monotonic() < end
        assert serving.is_alive()
        sleep(0.02)
        told += capsys.readouterr().err
    address = told.partition("is shown at ")[2].split()[0]
    page = ""
    while "written nothing yet" not in page:
        assert monotonic() < end
        with pytest.raises(HTTPError) as early:
            urlopen(address)
        assert early.value.code == 503
        page = early.value.read().decode()
    stop.set()
    serving.join(10)
    assert codes == [0]
    journal.close()


def test_a_password_is_kept_as_its_hash_and_a_token_is_printed_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    assert main(["--set-password"]) == 0
    assert main(["--new-token", "grafana", "--scope", "read"]) == 0
    told = capsys.readouterr()
    token = told.out.strip()
    assert token not in told.err
    assert PASSWORD not in told.err + told.out
    operator = read_operator(tmp_path / "state")
    assert operator.knows(PASSWORD)
    assert (known := operator.token_of(token)) is not None
    assert known.scope == "read"
    assert PASSWORD not in (tmp_path / "state" / FILE).read_text()


@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_has_the_scope_that_was_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, scope: str
) -> None:
    assert main(["--new-token", "desk", "--scope", scope]) == 0
    known = read_operator(tmp_path / "state").token_of(capsys.readouterr().out.strip())
    assert known is not None
    assert known.scope == scope


def test_a_short_password_changes_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    assert main(["--set-password"]) == 2
    assert "Nothing was kept" in capsys.readouterr().err
    assert read_operator(tmp_path / "state") == Operator()


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        (("--port", "70000"), "70000 is no port"),
        (("--host", "0.0.0.0"), "no password is set"),
        (("--behind-proxy", "desk.example"), "no password is set"),
        (("--tls", "no.pem", "no.key"), "There is no file no.pem"),
        (("--host", "203.0.113.7"), "no password is set"),
    ],
)
def test_an_address_that_cannot_be_served_is_refused(
    typed: tuple[str, ...], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(KEPT), "--port", "0", *typed]) == 2
    told = capsys.readouterr().err
    assert word in told
    assert "Nothing was served" in told


def test_a_password_does_not_cross_a_network_in_plain(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = Operator().with_password(PASSWORD).password_hash
    assert hashed is not None
    monkeypatch.setenv("TRIBUNAL_OPERATOR_HASH", hashed)
    assert main([str(KEPT), "--port", "0", "--host", "0.0.0.0"]) == 2
    assert "in plain" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main([str(KEPT), "--port", str(port)]) == 2
    assert f"127.0.0.1:{port} cannot be served" in capsys.readouterr().err


def test_a_folder_without_a_run_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main([str(tmp_path)]) == 4
    assert "There is no journal" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    assert main([]) == 2
    assert "There is no run in runs/" in capsys.readouterr().err


def test_another_key_is_refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", "cd" * 32)
    assert main([str(KEPT)]) == 4
    assert "another key" in capsys.readouterr().err
