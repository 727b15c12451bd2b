"""Accounts at a real exchange that live beyond one session: books, journals that a run has left, and sessions."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from exchange_session import Lived

from agents.desk.clocked.book import AccountBook, BookKeeper, Books
from agents.desk.description import describe
from agents.records.account import AccountLeft, Standing
from agents.records.folder import JOURNAL
from agents.records.record import AccountAt, Session, SessionEnd
from config.secrets import journal_key
from config.settings import Settings
from execution.journal.chain import Journal
from execution.journal.rows import key_id
from risk.breakers import BreakerState
from risk.portfolio import Portfolio, Position

QUOTE = "USDT"
CASH = Decimal(10_000)


@cache
def described() -> tuple[Settings, Session]:
    """Settings of a test network, and a session there without an account."""
    lived = Lived()
    return lived.settings, describe(lived.settings, lived.tape, journal_key())


def at_account(run: str = "run-1", standing: Standing | None = None, network: Any = "testnet") -> Session:
    """A session on an account; a new one unless it is said how it stands."""
    _, session = described()
    fresh = BreakerState.fresh(CASH, session.start_utc)
    standing = standing or Standing(money=CASH, breakers=fresh, trades=0, before=None)
    account = AccountAt(exchange="binance", network=network, run=run)
    return session.model_copy(update={"account": account, "standing": standing})


def left_at(session: Session) -> datetime:
    return session.start_utc + timedelta(days=2)


def left_behind(
    folder: Path, session: Session, *, peak: str = "11000", cash: str = "9900", held: str | None = None, ends: bool = True,
    cash_at: dict[str, Decimal] | None = None, **more: Any,
) -> BreakerState:  # fmt: skip
    """The journal of a run on an account, without its bars; `held`: a market of which it keeps one unit. Returns its breakers."""
    folder.mkdir(parents=True)
    at, standing = left_at(session), session.standing
    assert standing is not None
    breakers = standing.breakers.model_copy(
        update={"peak_equity": Decimal(peak), "losses_in_a_row": 2, "day_start_equity": Decimal(9950), **more}
    )
    one = Position(symbol=held or "", quantity=Decimal(1), entry_price=Decimal(100), mark_price=Decimal(100))
    portfolio = Portfolio(
        as_of_utc=at, cash=Decimal(cash), equity=Decimal(cash), positions=(one,) if held else (), pending_notional={}
    )
    zero = Decimal(0)
    journal = Journal(folder / JOURNAL, journal_key(), 1)
    journal.append(session.model_copy(update={"key_id": key_id(journal_key())}))
    if ends:
        journal.append(
            AccountLeft(
                at_utc=at, cash=Decimal(cash), breakers=breakers, trades=7, ramp=standing.ramp, cash_at=cash_at or {}
            )
        )
        journal.append(
            SessionEnd(
                reason="interrupted", bars=48, data_hash="0" * 64, starting_cash=CASH, realised=zero, unrealised=zero,
                fees=zero, funding=zero, portfolio=portfolio, breakers=breakers,
            )
        )  # fmt: skip
    journal.close()
    return breakers


def book_of(session: Session, folder: Path, **changes: Any) -> AccountBook:
    """The book that such a run has left."""
    assert session.account is not None
    assert session.standing is not None
    standing = session.standing
    whole: dict[str, Any] = {
        "account": f"binance {session.account.network}", "quote": QUOTE, "money": CASH, "run": session.account.run,
        "folder": str(folder), "bars": 48, "at_utc": left_at(session), "cash": Decimal(9900), "equity": Decimal(9900),
        "breakers": standing.breakers, "trades": 7, "ramp": standing.ramp, "ended": True,
    }  # fmt: skip
    return AccountBook(**(whole | changes))


class OnAccount(Lived):
    """Sessions of three days on an account of a real exchange, which keep its book in `state`."""

    def __init__(self, state: Path, session: Session) -> None:
        super().__init__()
        self.books = Books(state, journal_key())
        self.settings = session.settings
        kept = {name: getattr(session, name) for name in ("account", "standing", "settings")}
        self.described = lambda found: found.model_copy(update=kept)
        self.keeper = lambda found, folder: BookKeeper(self.books, found, folder)
