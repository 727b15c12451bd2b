"""The money of a run, booked again from what its venue has reported: the ledger, the closed trades, and who opened each."""

from decimal import Decimal
from typing import NamedTuple

from agents.court.reserved.dockets import FAST
from agents.records.record import Session
from execution.account.ledger import Ledger
from execution.exact import EXACT, ZERO
from execution.reports import DustSwept, Fill, VenueReport
from market.catalogue import leverage_of, margin_terms
from ops.story.perpetual.told import funded_side
from ops.story.tally import RoundTrip


class Booked(NamedTuple):
    """What one report of the venue has added: its fills that were not known before, the decision that opened the position of
    each, and the trades that they closed."""

    fills: tuple[Fill, ...]
    openers: tuple[str, ...]
    closed: tuple[RoundTrip, ...]


class Booking:
    """The ledger of one session, and what it says of trades. It checks its identity at every fill."""

    def __init__(self, session: Session) -> None:
        venue = session.settings.venue
        self.ledger = Ledger(
            venue.starting_cash,
            quote_currency(session),
            session.instruments if venue.is_real else None,
            {name: each.starting_cash for name, each in venue.members.items()},
            margin=margin_terms(session.instruments),
            leverage=leverage_of(session.settings.market),
        )
        self.funding: dict[str, Decimal] = {}
        """Net funding paid by symbol [quote]; only symbols with a payment."""
        self.funding_by_side: dict[str, Decimal] = {}
        """Net funding paid by longs and by shorts [quote]; only sides with a payment."""
        self.trades: list[RoundTrip] = []
        self._opened_by: dict[str, str] = {}
        self._last_fill: dict[str, Fill] = {}

    def take(self, report: VenueReport) -> Booked:
        """Book what a report tells: funding first, then its fills. Raises MoneyFault where the books do not add up."""
        for paid in report.funding:
            if self.ledger.apply_funding(paid.funding_id, paid.amount, paid.account, paid.symbol):
                self.funding[paid.symbol] = EXACT.add(self.funding.get(paid.symbol, ZERO), paid.amount)
                side = funded_side(paid)
                self.funding_by_side[side] = EXACT.add(self.funding_by_side.get(side, ZERO), paid.amount)
        known = len(self.trades)
        booked = [(fill, opener) for fill in report.fills if (opener := self._book(fill)) is not None]
        fills, openers = tuple(fill for fill, _ in booked), tuple(opener for _, opener in booked)
        return Booked(fills, openers, tuple(self.trades[known:]))

    def sweep(self, swept: DustSwept) -> tuple[RoundTrip, ...]:
        """The rest of a position became dust: its round trip ended with its last fill. Returns the trade that it closed."""
        self.ledger.sweep(swept.symbol, swept.stray_at)
        opened, closed = self._opened_by.pop(swept.symbol, None), self.ledger.trades
        if opened is None or len(closed) <= len(self.trades):
            return ()
        self.trades.append(RoundTrip(opened, _whole(self._last_fill[swept.symbol].decision_id), closed[-1]))
        return (self.trades[-1],)

    def opened_by(self, symbol: str) -> str | None:
        """The decision that opened the position in a symbol; None where nothing is held."""
        return self._opened_by.get(symbol)

    def _book(self, fill: Fill) -> str | None:
        """Book a fill; returns the decision that opened the position, or None for a fill that was known."""
        if not self.ledger.apply(fill):
            return None
        self._last_fill[fill.symbol] = fill
        opened = self._opened_by.setdefault(fill.symbol, _whole(fill.decision_id))
        if fill.purpose != "entry" and len(closed := self.ledger.trades) > len(self.trades):
            self.trades.append(RoundTrip(opened, _whole(fill.decision_id), closed[-1]))
            del self._opened_by[fill.symbol]
        return opened


def quote_currency(session: Session) -> str:
    """The currency of the account."""
    return session.instruments[session.symbols[0]].quote


def _whole(decision_id: str) -> str:
    """The decision of which a share was entered at once."""
    return decision_id.removesuffix(FAST)
