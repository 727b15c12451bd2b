"""A session on a real exchange that is killed at any event of its journal, and comes back: nothing twice, nothing lost."""

import asyncio
import os
from decimal import Decimal
from pathlib import Path

import pytest
from exchange_session import Lived
from halt_support import journaled

from agents.records.record import CycleRecord, SessionEnd
from agents.replay import main as replay
from config.frozen import Journaled
from execution.account.agreement import AccountDrift
from execution.kill_switch.halting import Halt, HaltEvent, Reading
from risk.order import Order, OrderKind

KEY = "cd" * 32


@pytest.fixture(autouse=True)
def _own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lived, Path]:
    """The session that nobody kills."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
        return Lived().go_on(folder), folder


def held(lived: Lived, folder: Path) -> None:
    """What holds of every session on an exchange, at its end."""
    assert lived.end is not None
    assert lived.ledger is not None
    assert {name: often for name, often in lived.exchange.sent.items() if often != 1} == {}, "sent twice"
    account = asyncio.run(lived.exchange.account())
    foreign = {"BTC/USDT": Decimal("1.5"), "ETH/USDT": Decimal(2)}
    assert account.cash == lived.ledger.cash
    assert {symbol: account.held[symbol] - more for symbol, more in foreign.items()} == {
        symbol: lived.ledger.owned().get(symbol, Decimal(0)) for symbol in foreign
    }
    assert asyncio.run(lived.exchange.unprotected()) == {}
    assert [event.event for event in journaled(folder) if isinstance(event.event, AccountDrift)] == []


def test_it_trades_protects_and_never_touches_what_was_there_before(whole: tuple[Lived, Path]) -> None:
    lived, folder = whole
    held(lived, folder)
    orders = [event.event for event in journaled(folder) if isinstance(event.event, Order)]
    assert {order.kind for order in orders} >= {OrderKind.STOP, OrderKind.MARKET}
    assert len(lived.exchange.fills) > 4


def test_it_replays_to_the_byte(whole: tuple[Lived, Path]) -> None:
    assert replay([str(whole[1]), "--quiet"]) == 0


def _killed(whole: tuple[Lived, Path], tmp_path: Path, count: int, *again: int) -> None:
    """Kill a session at an event and bring it back. What it heard a bar later than the whole one may end in another price."""
    lived, folder = Lived(), tmp_path / f"killed-{count}"
    lived.go_on(folder, count)
    assert len(journaled(folder)) == count
    for more in again:
        lived.go_on(folder, count + more)
    lived.go_on(folder)
    held(lived, folder)
    end, expected = journaled(folder)[-1].event, journaled(whole[1])[-1].event
    assert isinstance(end, SessionEnd)
    assert isinstance(expected, SessionEnd)
    assert end.bars == expected.bars
    assert replay([str(folder), "--quiet"]) == 0


def _points(whole: tuple[Lived, Path]) -> range:
    """Numbers of events: every 23rd one, or as the environment says (`make faults`: each)."""
    return range(3, len(journaled(whole[1])), int(os.environ.get("KILL_EVERY", "23")))


@pytest.mark.long
def test_killed_around_its_first_orders_it_comes_back_with_nothing_twice_and_nothing_lost(
    whole: tuple[Lived, Path], tmp_path: Path
) -> None:
    events = journaled(whole[1])
    first = next(number for number, event in enumerate(events) if isinstance(event.event, Order))
    for count in range(first, first + 12, 2):
        _killed(whole, tmp_path, count)


@pytest.mark.slow
def test_killed_again_while_it_comes_back_it_does_the_same(whole: tuple[Lived, Path], tmp_path: Path) -> None:
    events = journaled(whole[1])
    first = next(number for number, event in enumerate(events) if isinstance(event.event, Order))
    _killed(whole, tmp_path, first + 1, 0, 1, 2)


@pytest.mark.slow
def test_killed_at_every_event_it_comes_back_with_nothing_twice_and_nothing_lost(
    whole: tuple[Lived, Path], tmp_path: Path
) -> None:
    for count in _points(whole):
        _killed(whole, tmp_path, count)


@pytest.mark.slow
@pytest.mark.parametrize(("loses", "cancels"), [(0.3, 0.0), (0.9, 0.0), (1.0, 0.0), (0.0, 0.5), (0.5, 1.0)])
def test_with_replies_lost_it_sends_nothing_twice_and_ends_protected(
    tmp_path: Path, loses: float, cancels: float
) -> None:
    lived = Lived(loses)
    lived.exchange.loses_cancels = cancels
    lived.go_on(tmp_path / "run")
    held(lived, tmp_path / "run")
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


class FallsAt:
    """A kill switch that falls at its n-th look, and sells."""

    def __init__(self, look: int) -> None:
        self._look = look

    def read(self, look: int) -> Reading:
        down = Halt(scope="all", who="a drill", given_utc=None, why="a drill", flatten=True)
        return Reading((down,) if look >= self._look else ())


@pytest.mark.slow
@pytest.mark.parametrize(("loses", "cancels"), [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)])
def test_the_kill_switch_ends_flat_with_every_answer_lost(
    whole: tuple[Lived, Path], tmp_path: Path, loses: float, cancels: float
) -> None:
    events = [event.event for event in journaled(whole[1])]
    bar = next(number for number, each in enumerate(_records(events)) if each.portfolio.positions)
    lived = Lived(loses)
    lived.exchange.loses_cancels, lived.switch = cancels, FallsAt(2 * bar + 8)
    lived.go_on(tmp_path / "run")
    held(lived, tmp_path / "run")
    assert lived.ledger is not None
    assert lived.ledger.positions() == ()
    assert lived.exchange.fills, "there was something to sell"
    told = [event.event.action for event in journaled(tmp_path / "run") if isinstance(event.event, HaltEvent)]
    assert told == ["halted", "flat"]
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


def _records(events: list[Journaled]) -> list[CycleRecord]:
    return [event for event in events if isinstance(event, CycleRecord)]
