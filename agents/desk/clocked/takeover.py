"""How the account of a real exchange stands when a new session begins: begun, or found again as the last one left it.

It takes over an account only if that is certain: the last run has ended, its journal verifies and is the one that the book names,
and it held nothing. With a position, or without an end, the session is refused: the orders, stops and lots of that run are known
to its journal alone, and `--resume` lives through it. The way out of every refusal is typed by a human, and journaled.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from pydantic import Field

from agents.desk.clocked.account import cash_setting
from agents.desk.clocked.book import ANEW, TOGETHER, AccountBook, named, names_of
from agents.records.account import AccountLeft, Standing, Word
from agents.records.events import read_events
from agents.records.folder import journal_of
from agents.records.reading import refuse_other_key
from agents.records.record import CycleRecord, Session, SessionEnd
from config.errors import UsageFault
from config.frozen import Frozen
from config.settings import Settings
from execution.reports import SentOrder
from risk.breakers import BreakerState, carried
from risk.ramp import Ramp


class Found(Frozen):
    """The account as a session begins with it: how it stands, its cash, and that at each of several exchanges [quote]."""

    standing: Standing
    cash: Decimal
    cash_at: dict[str, Decimal] = Field(default_factory=dict)


class _Ended(Frozen):
    """What the journal of an ended run says of its account."""

    left: AccountLeft
    held: tuple[str, ...]


def stands(settings: Settings, book: AccountBook | None, key: bytes, now: datetime, words: tuple[Word, ...]) -> Found:
    """How the account stands for a session that begins `now`, by the exchange's time. `words`: what was typed to begin.

    Raises UsageFault where it is not certain, JournalFault for a journal that does not verify.
    """
    money = settings.venue.starting_cash
    if book is None:
        return _begun(settings, now, None, words)
    if book.at_utc > now:
        raise UsageFault(
            f"The last session on the account {book.account} was at {book.at_utc:%Y-%m-%d %H:%M} UTC, and now it is "
            f"{now:%Y-%m-%d %H:%M} UTC: a clock was set back, and days, weeks and pauses would be counted wrong. Nothing was "
            "started. Set the clock, or wait until then."
        )
    if book.anew is not None:
        return _begun(settings, now, book.run, (*words, book.anew))
    if book.money != money:
        raise UsageFault(
            f"The account {book.account} began with {book.money} {book.quote}, and this session is to begin with {money}. "
            f"Nothing was started: its peak and its ramp belong to that sum. Use --set {cash_setting(settings)}={book.money}, or "
            f"{ANEW}."
        )
    ended = _ended(book, key)
    if ended is None:
        return _taken_over(
            settings, book, book.cash, book.cash_at, book.breakers, book.trades, {}, book.ramp, now, words
        )
    if ended.held:
        raise UsageFault(
            f"The run {book.folder} has left {', '.join(ended.held)} on the account {book.account}, and only its journal knows "
            f"their stops and their cost. Nothing was started. Go on with `tribunal run --resume {book.folder}`. If you have "
            f"sold them yourself, {ANEW}."
        )
    left = ended.left
    return _taken_over(
        settings, book, left.cash, left.cash_at, left.breakers, left.trades, left.foreign, left.ramp, now, words
    )  # fmt: skip


def refuse_shared(settings: Settings, books: Sequence[AccountBook]) -> None:
    """Raise UsageFault where a session on other exchanges has left something on an account of these, or has not ended: what
    lies there is known to its journal alone."""
    ours, name = set(names_of(settings)), named(settings)
    for book in books:
        if book.account == name or book.anew is not None or not ours & set(book.account.split(TOGETHER)):
            continue
        if book.positions or not (book.ended or book.bars == 0):
            left = ", ".join(book.positions) or "something"
            raise UsageFault(
                f"The run {book.folder} trades on {book.account}, which shares an account with {name}. It has not ended, or it "
                f"has left {left} there. Nothing was started: two sessions would sell each other's coins. Go on with that run, "
                f"`tribunal run --resume {book.folder}`, until it holds nothing."
            )


def refuse_older_run(session: Session, book: AccountBook | None) -> None:
    """Raise UsageFault for a run that is resumed after another one has traded on its account."""
    if book is None or session.account is None or session.standing is None or book.run == session.account.run:
        return
    raise UsageFault(
        f"Another run has traded on the account {book.account} since: {book.folder}. Nothing was started: what it did is not in "
        f"this journal. Go on with that one, `tribunal run --resume {book.folder}`, or start a new run."
    )


def _begun(settings: Settings, now: datetime, before: str | None, words: tuple[Word, ...]) -> Found:
    money = settings.venue.starting_cash
    standing = Standing(
        money=money,
        breakers=BreakerState.fresh(money, now),
        trades=0,
        before=before,
        ramp=Ramp.begun(settings.live.capital, money, now) if settings.limits.ramp else None,
        words=words,
    )
    return Found(standing=standing, cash=money)


def _taken_over(
    settings: Settings,
    book: AccountBook,
    cash: Decimal,
    cash_at: dict[str, Decimal],
    breakers: BreakerState,
    trades: int,
    foreign: dict[str, Decimal],
    ramp: Ramp | None,
    now: datetime,
    words: tuple[Word, ...],
) -> Found:
    if settings.limits.ramp and ramp is None:
        raise UsageFault(
            f"The account {book.account} has no ramp, so how much may be used is not known. Nothing was started; {ANEW}."
        )
    standing = Standing(
        money=book.money,
        breakers=carried(breakers, now, cash),
        trades=trades,
        before=book.run,
        foreign=foreign,
        ramp=ramp if settings.limits.ramp else None,
        words=words,
    )
    return Found(standing=standing, cash=cash, cash_at=cash_at)


def _ended(book: AccountBook, key: bytes) -> _Ended | None:
    """What the journal of the last run says; None for a run that never saw a bar: it sent nothing.

    Raises UsageFault for a run without an end, and for a journal that is not there or is another one.
    """
    path = journal_of(Path(book.folder))
    if not path.exists():
        if book.bars == 0:
            return None
        raise UsageFault(
            f"The journal of the last run on the account {book.account} is not at {path}, and what it left there is not known. "
            f"Nothing was started. Put its folder back; or look at the account's orders and coins at the exchange, and {ANEW}."
        )
    refuse_other_key(path, key)
    run, left, end, lived = None, None, None, False
    for found in read_events(path, key):
        match found.event:
            case Session() as session:
                run = None if session.account is None else session.account.run
            case AccountLeft() as told:
                left = told
            case SessionEnd() as closing:
                end = closing
            case CycleRecord() | SentOrder():
                lived = True
    if run != book.run:
        raise UsageFault(
            f"{path} is the journal of another run than the last one on the account {book.account}. Nothing was started. Put the "
            f"folder of that run back, or {ANEW}."
        )
    if end is None and not lived:
        return None
    if end is None or left is None:
        raise UsageFault(
            f"The last run on the account {book.account} has no end: it was killed, or it still runs. Nothing was started: its "
            f"orders are known to its journal alone. Go on with `tribunal run --resume {book.folder}`."
        )
    return _Ended(left=left, held=tuple(held.symbol for held in end.portfolio.positions))
