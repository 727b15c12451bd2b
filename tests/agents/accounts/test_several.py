"""Accounts at several exchanges: the money of each is found again, and what a session on others has left is not touched."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from accounts import CASH, QUOTE, at_account, book_of, left_at, left_behind

from agents.desk.clocked.book import BookKeeper, Books, named
from agents.desk.clocked.opened import by_exchange
from agents.desk.clocked.takeover import refuse_shared, stands
from agents.records.account import AccountLeft
from agents.records.record import Session
from config.errors import UsageFault
from config.secrets import journal_key
from config.settings import Settings

NAME = "binance testnet + bybit testnet"


def on_two(cash: str = "4000") -> Session:
    """A session on two exchanges, with so much of its money at the second."""
    session = at_account()
    also = {"name": "second", "exchange": "bybit", "cash": cash}
    venue = session.settings.venue.model_validate(
        session.settings.venue.model_dump() | {"also": [also], "starting_cash": CASH}
    )
    return session.model_copy(update={"settings": session.settings.model_copy(update={"venue": venue})})


def at(settings: Settings) -> dict[str, Decimal]:
    return {name: own.venue.starting_cash for name, own in by_exchange(settings).items()}


def test_an_account_at_two_exchanges_is_named_after_both_and_begins_with_the_profiles_parts() -> None:
    session = on_two()
    assert named(session.settings) == NAME
    assert at(session.settings) == {"binance": CASH - 4000, "second": Decimal(4000)}
    assert [own.venue.exchange for own in by_exchange(session.settings).values()] == ["binance", "bybit"]


def test_the_next_session_begins_with_what_the_last_one_left_at_each(tmp_path: Path) -> None:
    session = on_two()
    breakers = left_behind(tmp_path / "run", session)
    books = Books(tmp_path / "state", journal_key())
    keeper = BookKeeper(books, session, tmp_path / "run")
    keeper.begin()
    begun = books.read(NAME, QUOTE)
    assert begun is not None
    assert begun.cash_at == {"binance": CASH - 4000, "second": Decimal(4000)}
    left = AccountLeft(
        at_utc=left_at(session), cash=Decimal(9900), breakers=breakers, trades=7,
        cash_at={"binance": Decimal(5700), "second": Decimal(4200)},
    )  # fmt: skip
    keeper.hear(left, past=False)
    book = books.read(NAME, QUOTE)
    assert book is not None
    assert book.cash_at == left.cash_at


def test_what_lies_at_each_is_the_last_runs_and_not_the_profiles(tmp_path: Path) -> None:
    session = on_two()
    parts = {"binance": Decimal(5700), "second": Decimal(4200)}
    left_behind(tmp_path / "run", session, cash_at=parts)
    book, later = book_of(session, tmp_path / "run", account=NAME), left_at(session) + timedelta(hours=1)
    found = stands(session.settings, book, journal_key(), later, ())
    assert found.cash == Decimal(9900)
    venue = session.settings.venue.with_cash(found.cash, found.cash_at)
    assert {name: own.starting_cash for name, own in venue.members.items()} == parts


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"positions": ("BTC/USDT",)}, True),
        ({"ended": False}, True),
        ({"ended": False, "bars": 0}, False),
        ({}, False),
        ({"account": "kraken testnet", "positions": ("BTC/USDT",)}, False),
    ],
)
def test_a_session_is_refused_where_one_that_shares_an_account_has_left_something(
    tmp_path: Path, changes: dict[str, Any], refused: bool
) -> None:
    alone = book_of(at_account(), tmp_path / "alone", **changes)
    if refused:
        with pytest.raises(UsageFault, match="shares an account"):
            refuse_shared(on_two().settings, (alone,))
    else:
        refuse_shared(on_two().settings, (alone,))


def test_a_session_on_one_exchange_is_refused_where_one_on_two_has_left_something(tmp_path: Path) -> None:
    both = book_of(on_two(), tmp_path / "both", account=NAME, positions=("BTC/USDT",))
    with pytest.raises(UsageFault, match="shares an account"):
        refuse_shared(at_account().settings, (both,))
    refuse_shared(on_two().settings, (both,))  # its own book: `stands` says what is to be done
