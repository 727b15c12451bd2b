"""The account book: for each account at a real exchange, the last run there and how it stands, under the journal's key.

The journal of that run is the truth; the book says where it is, so that a new session finds the account again and does not begin
it anew. A session writes its book before its first order, at every bar and at its end. Beside the book lies what a human has
typed for the account: a raise of the ramp.
"""

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field

from agents.desk.clocked.opened import by_exchange
from agents.records.account import AccountLeft, Word
from agents.records.record import CycleRecord, Session, SessionEnd
from config.errors import OutputFault
from config.frozen import Frozen, Journaled, UtcTime, absent, empty
from config.settings import Settings
from execution.journal.sealed import read_sealed, write_sealed
from execution.venues.exchange.ids import ClientIds
from execution.venues.exchange.venue import name_of_account
from risk.breakers import BreakerState
from risk.ramp import Ramp, RampMoved

BOOKS = "accounts"
"""Folder in the state folder, where the locks of accounts lie too."""
TOGETHER = " + "
"""Between the names of accounts that one session trades on."""
ANEW = "begin the account anew with `tribunal account --begin-anew`"
_MEND = f"Restore it from a copy, or {ANEW}."


class AccountBook(Frozen):
    """One account: its name, the last run there, and how it stood when the book was written. Money in quote units."""

    format: Literal[1] = 1
    account: str
    quote: str
    money: Decimal
    run: str
    folder: str
    bars: int = 0
    at_utc: UtcTime
    cash: Decimal
    cash_at: dict[str, Decimal] = Field(default_factory=dict, exclude_if=empty)
    """The cash at each of several exchanges, by name, when a session began or ended."""
    equity: Decimal
    positions: tuple[str, ...] = ()
    breakers: BreakerState
    trades: int
    ramp: Ramp | None = None
    ended: bool = False
    anew: Word | None = Field(default=None, exclude_if=absent)
    """What a human has said so that the next session begins the account anew."""


class RaiseWord(Frozen):
    """A raise of the ramp that a human has typed, and the quarter from which it leads."""

    word: Word
    quarters: int


class Books:
    """The books of one state folder, under one key."""

    def __init__(self, state: Path, key: bytes) -> None:
        self._folder, self._key = state / BOOKS, key

    def file(self, account: str, quote: str, ending: str = "book") -> Path:
        """Where the book of an account lies."""
        return self._folder / f"{ClientIds(account, '').mark}-{quote}.{ending}"

    def read(self, account: str, quote: str) -> AccountBook | None:
        """The book of an account; None for one that no session has traded on. Raises JournalFault, OutputFault."""
        return read_sealed(self.file(account, quote), AccountBook, self._key, "The account book", _MEND)

    def all(self) -> tuple[AccountBook, ...]:
        """All books, in order of their files. Raises JournalFault, OutputFault."""
        files = sorted(self._folder.glob("*.book"))
        found = (read_sealed(file, AccountBook, self._key, "The account book", _MEND) for file in files)
        return tuple(book for book in found if book is not None)

    def write(self, book: AccountBook) -> None:
        """Write a book. Raises OSError."""
        write_sealed(self.file(book.account, book.quote), book, self._key)

    def say(self, book: AccountBook, word: RaiseWord) -> None:
        """Leave a raise of the ramp for the session that trades, or the next one. Raises OSError."""
        write_sealed(self.file(book.account, book.quote, "raise"), word, self._key)

    def said(self, account: str, quote: str) -> RaiseWord | None:
        """The raise that waits; None if there is none. Raises JournalFault, OutputFault."""
        how = "Take the file away, and raise again with `tribunal account --raise`."
        return read_sealed(self.file(account, quote, "raise"), RaiseWord, self._key, "The raise", how)

    def heard(self, account: str, quote: str) -> None:
        """Take the raise away. Raises OSError."""
        self.file(account, quote, "raise").unlink(missing_ok=True)


def named(settings: Settings) -> str:
    """The name of the account that these settings trade on: of several exchanges, those of all of them."""
    return TOGETHER.join(names_of(settings))


def names_of(settings: Settings) -> tuple[str, ...]:
    """The name of the account at each exchange of a session."""
    return tuple(
        name_of_account(own.venue, live=own.world == "live") for own in by_exchange(settings).values()
    )  # fmt: skip


class BookKeeper:
    """Keeps the book of a session's account from the events of its journal."""

    def __init__(self, books: Books, session: Session, folder: Path) -> None:
        assert session.account is not None
        assert session.standing is not None
        standing, cash = session.standing, session.settings.venue.starting_cash
        self._books = books
        self._book = AccountBook(
            account=named(session.settings),
            quote=next(iter(session.instruments.values())).quote,
            money=standing.money,
            run=session.account.run,
            folder=str(folder.resolve()),
            at_utc=session.start_utc,
            cash=cash,
            cash_at={name: own.starting_cash for name, own in session.settings.venue.members.items()},
            equity=cash,
            breakers=standing.breakers,
            trades=standing.trades,
            ramp=standing.ramp,
        )

    def begin(self) -> None:
        """Write the book before the first order. Raises OutputFault: without it the next session would begin the account anew."""
        try:
            self._books.write(self._book)
        except OSError as fault:
            raise OutputFault(
                f"The account book cannot be written ({fault.strerror}). Nothing was started. Set TRIBUNAL_STATE_DIR to a folder "
                "that you can write."
            ) from fault

    def hear(self, event: Journaled, *, past: bool) -> None:
        """Take an event of the session. Raises OSError."""
        before = self._book
        match event:
            case CycleRecord() as record:
                book = record.portfolio
                self._note(
                    bars=record.bar, at_utc=record.as_of_utc, cash=book.cash, equity=book.equity, breakers=record.breakers,
                    positions=tuple(held.symbol for held in book.positions),
                )  # fmt: skip
            case RampMoved() as moved:
                self._note(ramp=moved.ramp, at_utc=max(moved.at_utc, before.at_utc))
            case AccountLeft() as left:
                self._note(
                    at_utc=max(left.at_utc, before.at_utc), cash=left.cash, cash_at=left.cash_at, breakers=left.breakers,
                    trades=left.trades, ramp=left.ramp,
                )  # fmt: skip
            case SessionEnd() as end:
                held = tuple(each.symbol for each in end.portfolio.positions)
                self._note(ended=True, equity=end.portfolio.equity, positions=held)
            case _:
                return
        if not past:
            self._books.write(self._book)

    def _note(self, **changes: object) -> None:
        self._book = self._book.model_copy(update=changes)
