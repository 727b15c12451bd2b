"""A new session finds its account again as the last one left it, or is refused in words that name the way out."""

import sqlite3
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from accounts import CASH, at_account, book_of, described, left_at, left_behind

from agents.desk.clocked.book import AccountBook, Books
from agents.desk.clocked.takeover import Found, refuse_older_run, stands
from agents.records.account import Standing, Word
from agents.records.folder import JOURNAL
from config.errors import JournalFault, UsageFault
from config.secrets import journal_key
from risk.breakers import BreakerState, Latch

SESSION = at_account()
LATER = left_at(SESSION) + timedelta(hours=1)
"""An hour after the last run has ended."""


def found(book: AccountBook | None, now: Any = LATER, **changes: Any) -> Found:
    settings, _ = described()
    venue = settings.venue.model_copy(update={"starting_cash": CASH, **changes})
    return stands(settings.model_copy(update={"venue": venue}), book, journal_key(), now, ())


def test_an_account_that_nobody_knows_begins_with_the_money_that_the_profile_says() -> None:
    new = found(None)
    assert (new.cash, new.standing.before, new.standing.trades) == (CASH, None, 0)
    assert new.standing.breakers == BreakerState.fresh(CASH, LATER)
    assert new.standing.ramp is None


def test_peak_losses_breakers_and_trades_are_those_that_the_last_run_has_left(tmp_path: Path) -> None:
    tripped = Latch(breaker="weekly_loss", since_utc=LATER, until_utc=LATER + timedelta(hours=72), why="a bad week")
    left_behind(tmp_path / "run", SESSION, latches=(tripped,))
    same_day = left_at(SESSION) + timedelta(minutes=1)
    taken = found(book_of(SESSION, tmp_path / "run"), same_day)
    assert taken.cash == Decimal(9900)
    assert taken.standing.money == CASH
    assert (taken.standing.trades, taken.standing.before) == (7, "run-1")
    assert taken.standing.breakers.peak_equity == Decimal(11000)
    assert taken.standing.breakers.losses_in_a_row == 2
    assert taken.standing.breakers.latches == (tripped,)


def test_a_day_that_has_begun_since_has_its_baseline_here_and_the_peak_stays(tmp_path: Path) -> None:
    left_behind(tmp_path / "run", SESSION)
    taken = found(book_of(SESSION, tmp_path / "run"), LATER + timedelta(days=9)).standing.breakers
    assert (taken.day_start_equity, taken.week_start_equity) == (Decimal(9900), Decimal(9900))
    assert taken.peak_equity == Decimal(11000)


def test_a_position_that_the_last_run_has_left_is_named_and_so_is_the_run_to_go_on_with(tmp_path: Path) -> None:
    left_behind(tmp_path / "run", SESSION, held="BTC/USDT")
    with pytest.raises(UsageFault, match=r"has left BTC/USDT.*tribunal run --resume .*run"):
        found(book_of(SESSION, tmp_path / "run"))


def test_a_run_without_an_end_is_gone_on_with_and_not_passed_over(tmp_path: Path) -> None:
    left_behind(tmp_path / "run", SESSION, ends=False)
    never_lived = found(book_of(SESSION, tmp_path / "run", ended=False, bars=0))
    assert never_lived.cash == Decimal(9900), "it saw no bar and sent nothing"
    (tmp_path / "gone").mkdir()
    with pytest.raises(UsageFault, match=r"journal of the last run.*Put its folder back"):
        found(book_of(SESSION, tmp_path / "gone"))


def test_a_journal_of_another_run_is_not_taken_for_the_last_one(tmp_path: Path) -> None:
    left_behind(tmp_path / "run", at_account("run-2"))
    with pytest.raises(UsageFault, match="journal of another run"):
        found(book_of(SESSION, tmp_path / "run"))


def test_a_journal_that_was_changed_is_refused(tmp_path: Path) -> None:
    left_behind(tmp_path / "run", SESSION)
    with sqlite3.connect(tmp_path / "run" / JOURNAL) as database:
        for (trigger,) in database.execute("select name from sqlite_master where type='trigger'").fetchall():
            database.execute(f"drop trigger {trigger}")
        changed = "update events set payload = replace(payload, '11000', '10000') where kind like 'account_left%'"
        assert database.execute(changed).rowcount == 1
    with pytest.raises(JournalFault):
        found(book_of(SESSION, tmp_path / "run"))


def test_a_clock_that_was_set_back_by_a_week_is_refused(tmp_path: Path) -> None:
    left_behind(tmp_path / "run", SESSION)
    with pytest.raises(UsageFault, match="a clock was set back"):
        found(book_of(SESSION, tmp_path / "run"), left_at(SESSION) - timedelta(days=7))


def test_another_sum_of_money_is_refused_because_the_peak_belongs_to_the_first_one(tmp_path: Path) -> None:
    left_behind(tmp_path / "run", SESSION)
    with pytest.raises(UsageFault, match=r"began with 10000 USDT.*to begin with 20000.*venue.starting_cash=10000"):
        found(book_of(SESSION, tmp_path / "run"), starting_cash=Decimal(20_000))


def test_what_a_human_has_said_begins_it_anew_and_the_journal_says_who_and_why(tmp_path: Path) -> None:
    word = Word(what="begin_anew", who="ada", given_utc=LATER, why="sold by hand")
    new = found(book_of(SESSION, tmp_path / "gone", anew=word))
    assert new.cash == CASH
    assert new.standing.words == (word,)
    assert (new.standing.before, new.standing.trades) == ("run-1", 0)


def test_a_run_that_another_one_has_followed_is_not_resumed(tmp_path: Path) -> None:
    refuse_older_run(SESSION, book_of(SESSION, tmp_path))
    refuse_older_run(SESSION, None)
    with pytest.raises(UsageFault, match="Another run has traded"):
        refuse_older_run(SESSION, book_of(at_account("run-2"), tmp_path / "newer"))


def test_a_book_that_was_changed_or_sealed_with_another_key_is_not_believed(tmp_path: Path) -> None:
    books, book = Books(tmp_path, journal_key()), book_of(SESSION, tmp_path / "run")
    books.write(book)
    assert books.read(book.account, book.quote) == book
    assert books.read("binance live", book.quote) is None
    file = books.file(book.account, book.quote)
    with pytest.raises(JournalFault, match=r"does not verify.*--begin-anew"):
        Books(tmp_path, b"x" * 32).read(book.account, book.quote)
    file.write_bytes(file.read_bytes().replace(b'"cash":"9900"', b'"cash":"9990"'))
    with pytest.raises(JournalFault, match="does not verify"):
        books.read(book.account, book.quote)
    file.write_bytes(b"")
    with pytest.raises(JournalFault, match="does not verify"):
        books.read(book.account, book.quote)


def test_the_standing_of_a_session_is_told_by_its_journal(tmp_path: Path) -> None:
    standing = Standing(money=CASH, breakers=BreakerState.fresh(CASH, LATER), trades=3, before="run-0")
    assert Standing.model_validate_json(standing.model_dump_json()) == standing
