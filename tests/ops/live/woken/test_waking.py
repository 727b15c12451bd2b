"""Alerts of a session: it waits for none of them, an error that ends it is one, and no secret is left anywhere."""

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from kept_journals import JOURNALS, KEY
from receivers import Receiver, web
from run_support import events, run

from agents.approval.petition import Petition
from agents.run import main
from config.clock import SystemClock
from config.errors import OutputFault
from config.frozen import Journaled
from ops.alert import main as alert
from ops.live.woken.channel import Channel, Pace
from ops.live.woken.routes import routes_of
from ops.live.woken.waking import Waking

QUICK = Pace(pause_s=0.05, longest_s=0.1, deadline_s=5.0)


@pytest.fixture
def server() -> Iterator[Receiver]:
    with web() as receiver:
        yield receiver


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[Journaled]:
    """The events of a kept session."""
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    return [found.event for found in events(JOURNALS / "rules-0.7.0")]


def waking(url: str, said: list[str], room: int = 8192) -> Waking:
    (route,) = routes_of([url], None)
    return Waking([Channel(route, "paper-001", said.append, QUICK)], SystemClock(), said.append, room)


@pytest.mark.slow
def test_a_session_tells_its_alerts_and_its_journal_does_not_know_of_it(server: Receiver, tmp_path: Path) -> None:
    assert run(tmp_path / "told", "--days", "6", "--alert", f"info={server.url()}") == 0
    assert run(tmp_path / "silent", "--days", "6") == 0
    server.until(1, "session_started")
    server.until(1, "session_ended")
    assert [each.mac for each in events(tmp_path / "told")] == [each.mac for each in events(tmp_path / "silent")]
    assert str(server.port) not in (tmp_path / "told" / "request.json").read_text()


def test_a_session_does_not_wait_for_a_destination_that_hangs(server: Receiver, held: list[Journaled]) -> None:
    server.answers.clear()
    said: list[str] = []
    told = waking(f"info={server.url()}", said)
    began = time.monotonic()
    with told:
        for found in held:
            told.hear(found, past=False)
        handed_s = time.monotonic() - began
    assert handed_s < QUICK.deadline_s / 2
    assert any("were not sent" in each for each in said)


def test_an_error_that_ends_a_session_is_an_alert(server: Receiver) -> None:
    said: list[str] = []
    with pytest.raises(OutputFault), waking(server.url(), said):
        raise OutputFault("The disk is full.")
    (got,) = server.until(1)
    assert "session_failed" in got.title
    assert "The disk is full." in got.body


def test_a_position_that_waits_for_a_yes_is_an_alert_and_its_size_is_masked(server: Receiver) -> None:
    asked = Petition(
        decision_id="20261130T0300-BTCUSDT", symbol="BTC/USDT", as_of_utc=SystemClock().now(), notional=Decimal("1234.5"),
        stop_fraction=0.08, reasons=(),
    )  # fmt: skip
    with waking(server.url(), []) as told:
        told.petition(asked, 300.0)
    (got,) = server.until(1)
    assert "approval_waiting" in got.title
    assert "within 300 s" in got.body
    assert "1,234.50" not in got.body


def test_a_stop_by_the_user_is_no_alert(server: Receiver) -> None:
    with pytest.raises(KeyboardInterrupt), waking(server.url(), []):
        raise KeyboardInterrupt
    assert server.got == []


def test_what_a_resumed_run_repeats_is_not_told_again(server: Receiver, held: list[Journaled]) -> None:
    told = waking(f"info={server.url()}", [])
    with told:
        for found in held:
            told.hear(found, past=True)
    assert server.got == []


def test_a_wrong_route_is_told_at_the_start_and_nothing_is_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "run", "--days", "2", "--alert", "bogus://x") == 2
    assert "Nothing was started" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_the_alert_command_says_who_took_the_test(
    server: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIBUNAL_ALERTS", f"critical={server.url()}")
    assert alert([]) == 0
    assert "took the test" in capsys.readouterr().out
    assert "test" in server.until(1)[0].title
    server.refuses = True
    assert alert([]) == 1
    assert "DID NOT TAKE IT" in capsys.readouterr().out
    monkeypatch.delenv("TRIBUNAL_ALERTS")
    assert alert([]) == 2
    assert alert(["--list"]) == 0
    assert "order_unknown" in capsys.readouterr().out


@pytest.mark.slow
def test_a_simulated_run_is_not_told_by_the_routes_of_the_environment(
    server: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUNAL_ALERTS", f"info={server.url()}")
    assert main(["--days", "2", "--out", str(tmp_path / "run"), "--quiet"]) == 0
    assert server.got == []
