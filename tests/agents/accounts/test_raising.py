"""A raise of the ramp that a human has typed: heard by the session that trades, by the exchange's time, once."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from accounts import CASH, QUOTE, OnAccount, at_account, book_of
from halt_support import journaled
from hypothesis import given
from hypothesis import strategies as st

from agents.account import parser
from agents.desk.clocked.book import Books, RaiseWord
from agents.desk.clocked.pulse import LivePulse
from agents.desk.clocked.raising import Raises
from agents.records.account import Word
from agents.records.inputs import RaiseAsked
from agents.replay import main as replay
from config.clock import SystemClock
from config.errors import NotConfirmed, UsageFault
from config.reading.load import load_profile
from config.secrets import journal_key, load_secrets, state_dir
from ops.commands.operate.account import account_command
from risk.ramp import Ramp, RampMoved, observe, raised

NAME = "binance live"
AT = datetime(2024, 3, 4, tzinfo=UTC)


def ramp(quarters: int = 1, since: datetime = AT) -> Ramp:
    return Ramp(capital=CASH, quarters=quarters, since_utc=since, peak_equity=CASH)


def word(quarters: int = 1) -> RaiseWord:
    said = Word(what="raise", who="ada", given_utc=AT, why="a quiet week")
    return RaiseWord(word=said, quarters=quarters)


def raises(state: Path, told: list[str], now: Ramp | None) -> tuple[Books, Raises]:
    books = Books(state, journal_key())
    return books, Raises(books, NAME, QUOTE, lambda: now, told.append)


def book(**changes: Any) -> Any:
    return book_of(at_account(network="live"), Path("runs/live-001"), **({"ramp": ramp()} | changes))


def test_a_raise_is_heard_once_when_a_week_of_the_exchange_has_passed(tmp_path: Path) -> None:
    told = list[str]()
    books, heard = raises(tmp_path, told, ramp())
    assert heard(AT + timedelta(days=7)) is None
    books.say(book(), word())
    said = heard(AT + timedelta(days=7))
    assert said is not None
    assert (said.who, said.why) == ("ada", "a quiet week")
    assert heard(AT + timedelta(days=7)) is None
    assert told == []


def test_a_clock_that_was_set_ahead_raises_nothing_because_the_exchange_says_what_time_it_is(tmp_path: Path) -> None:
    told = list[str]()
    books, heard = raises(tmp_path, told, ramp())
    books.say(book(), word())
    assert heard(AT + timedelta(days=3)) is None
    assert told == [f"The ramp was not raised: {ramp().why_not_raised(AT + timedelta(days=3))}."]
    assert books.said(NAME, QUOTE) is None


def test_a_raise_from_another_quarter_is_none(tmp_path: Path) -> None:
    books, heard = raises(tmp_path, [], ramp(2))
    books.say(book(), word(quarters=1))
    assert heard(AT + timedelta(days=30)) is None
    assert books.said(NAME, QUOTE) is None


def test_a_forged_raise_is_told_once_and_the_session_goes_on(tmp_path: Path) -> None:
    told = list[str]()
    _, heard = raises(tmp_path, told, ramp())
    Books(tmp_path, b"y" * 32).say(book(), word())
    assert heard(AT + timedelta(days=30)) is None
    assert heard(AT + timedelta(days=30)) is None
    assert len(told) == 1
    assert "does not verify" in told[0]
    assert "was not raised, and the session goes on" in told[0]


class Quiet:
    """A feed and an account of which nothing is to be seen."""

    last_close = AT
    is_current = True
    halts = ()
    quantities: dict[str, Decimal] = {}  # noqa: RUF012 - nobody changes it

    def now(self) -> datetime:
        return AT + timedelta(days=8)

    async def prices(self, symbols: Any, within_s: float) -> dict[str, tuple[float, float]]:
        return {}


def test_the_pulse_brings_it_with_the_time_of_the_exchange(tmp_path: Path) -> None:
    books, heard = raises(tmp_path, [], ramp())
    books.say(book(), word())
    pulse = LivePulse(Quiet(), lambda: (), lambda: False, SystemClock(), raised=heard)
    pulse.watch(Quiet())
    came = asyncio.run(pulse.next())
    assert came == RaiseAsked(at_utc=AT + timedelta(days=8), who="ada", why="a quiet week")


@pytest.mark.slow
def test_a_session_on_an_account_has_the_ramp_of_its_standing_and_what_it_lost_takes_it_down(tmp_path: Path) -> None:
    """The peak of the quarter is above what the account has: it falls at the first bar, and a replay says the same."""
    live = at_account(network="live")
    assert live.standing is not None
    limits = live.settings.limits.model_copy(update={"ramp": True})
    high = ramp(3, live.start_utc).model_copy(update={"peak_equity": CASH * 2})
    session = live.model_copy(
        update={
            "settings": live.settings.model_copy(update={"limits": limits, "world": "live"}),
            "standing": live.standing.model_copy(update={"ramp": high}),
        }
    )
    lived = OnAccount(tmp_path / "state", session).go_on(tmp_path / "run")
    events = [each.event for each in journaled(tmp_path / "run")]
    moved = [each for each in events if isinstance(each, RampMoved)]
    assert [(each.before, each.ramp.quarters) for each in moved][:1] == [(3, 2)]
    kept = lived.books.read(NAME, QUOTE)
    assert kept is not None
    assert kept.ramp is not None
    assert kept.ramp.quarters == moved[-1].ramp.quarters
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


def command(*options: str) -> int:
    return account_command(parser().parse_args(list(options)))


def keep_book(**changes: Any) -> Books:
    books = Books(state_dir(load_secrets()), journal_key())
    books.write(book(**changes))
    return books


def test_the_command_raises_with_the_exact_words_and_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    old = SystemClock().now() - timedelta(days=8)
    books = keep_book(ramp=ramp(1, old))
    words = "RAISE TO 50% OF 10000 USDT ON binance live"
    with pytest.raises(UsageFault, match="no reason"):
        command("--raise", "--confirm", words)
    with pytest.raises(NotConfirmed, match="nothing was done"):
        command("--raise", "--reason", "quiet", "--confirm", words.lower())
    assert books.said(NAME, QUOTE) is None
    assert command("--raise", "--reason", "quiet", "--confirm", words) == 0
    said = books.said(NAME, QUOTE)
    assert said is not None
    assert (said.quarters, said.word.why) == (1, "quiet")
    assert "hears of it" in capsys.readouterr().out


def test_the_command_refuses_a_raise_within_a_week_and_one_of_play_money() -> None:
    keep_book(ramp=ramp(1, SystemClock().now() - timedelta(days=6)))
    with pytest.raises(UsageFault, match="cannot be raised: it came to 25%"):
        command("--raise", "--reason", "quiet", "--confirm", "whatever")
    keep_book(ramp=None)
    with pytest.raises(UsageFault, match="has no ramp"):
        command("--raise", "--reason", "quiet", "--confirm", "whatever")
    with pytest.raises(UsageFault, match="There is no account 'kraken live'"):
        command("--raise", "--reason", "quiet", "--account", "kraken live")


def test_the_command_shows_an_account_and_lets_it_begin_anew(capsys: pytest.CaptureFixture[str]) -> None:
    books = keep_book(positions=("BTC/USDT",), ended=False)
    assert command() == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for part in ("binance live", "no end", "BTC/USDT", "2,500.00 of 10,000.00 USDT (25%)", "runs/live-001"):
        assert part in shown
    with pytest.raises(NotConfirmed):
        command("--begin-anew", "--reason", "sold by hand", "--confirm", "yes")
    assert command("--begin-anew", "--reason", "sold by hand", "--confirm", "BEGIN ANEW ON binance live") == 0
    kept = books.read(NAME, QUOTE)
    assert kept is not None
    assert kept.anew is not None
    assert kept.anew.why == "sold by hand"


@pytest.mark.slow
@given(st.lists(st.sampled_from(["raise", "fall", "wait"]), max_size=30))
def test_a_raise_that_is_typed_at_any_moment_never_skips_a_week(steps: list[str]) -> None:
    bounds, now, at = load_profile("live").live, ramp(), AT
    for step in steps:
        if step == "wait":
            at += timedelta(days=4)
        elif step == "fall":
            now, _ = observe(now, at, now.peak_equity / 2, (), bounds)
        else:
            before = now
            now, events = raised(now, at, CASH, "ada")
            assert not events or at - before.since_utc >= timedelta(days=7)
