"""Whether the exchange's books and ours agree: what a real exchange reports as its account is held against the ledger.

Coins and money that were on the account before the session are not ours: the first report says how much they are, and they are
never counted or touched. A position on perpetuals is one with ours, so there one that was there before is a difference from the
start; positions are compared with their sign, and money is the wallet. After that a difference beyond the tolerance makes a
market close-only: the gate refuses new risk there, exits go on. A difference in money does so for all markets. A report may have
been made before a fill that is booked already, so a difference counts from the second report that shows it. When the books agree
again, it ends.

It changes nothing in the ledger: what the exchange has and the ledger does not know of is for a human to decide.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, localcontext
from typing import ClassVar, Literal

from pydantic import Field

from config.frozen import Journaled, UtcTime, empty
from execution.account.ledger import Ledger
from execution.exact import EXACT, ZERO
from execution.journal.event import Sink
from execution.reports import Balances
from market.instrument import Instrument

CASH_TOLERANCE = Decimal("0.000001")
"""The difference in money that is ignored, as a fraction of the money at the start."""


class AccountDrift(Journaled):
    """A difference between the exchange's books and ours begins or ends, in a market [base] or in money [quote]."""

    event_kind: ClassVar[str] = "account_drift"
    event_version: ClassVar[int] = 2

    at_utc: UtcTime
    what: str = Field(description="a market, or the quote currency")
    status: Literal["begins", "ends"] = Field(description="whether the difference begins or ends")
    ledger: Decimal = Field(description="what the ledger has, dust included [base or quote]")
    venue: Decimal = Field(description="what the exchange has [base or quote]")
    foreign: Decimal = Field(description="what lay there before the session, and is not ours [base or quote]")
    account: str = Field(
        default="", exclude_if=empty, description="the exchange, in a session on several; absent for one"
    )

    @property
    def text(self) -> str:
        """What happened, in one sentence."""
        who = self.account or "The exchange"
        if self.status == "ends":
            return f"{who} and the ledger agree on {self.what} again: new risk is taken there again."
        return (
            f"{who} holds {self.venue} of {self.what} ({self.foreign} of it from before the session), the ledger "
            f"{self.ledger}. New risk is refused there until they agree; exits go on. Compare the exchange's trade list with the "
            "journal."
        )


class Agreement:
    """The comparison of one session's ledger with the account at an exchange; `name`: which of several."""

    def __init__(self, ledger: Ledger, instruments: Mapping[str, Instrument], sink: Sink, name: str = "") -> None:
        self._name = name
        self._ledger = ledger
        self._lots = {symbol: rules.lot_size for symbol, rules in instruments.items()}
        self._netted = {symbol for symbol, rules in instruments.items() if rules.may_be_short}
        self._bases = {symbol: rules.base for symbol, rules in instruments.items()}
        self._quote = next((rules.quote for rules in instruments.values()), "")
        self._sink = sink
        self._foreign: dict[str, Decimal] | None = None
        self._seen: set[str] = set()
        self._drifts: dict[str, AccountDrift] = {}

    def see(self, account: Balances, at: datetime) -> None:
        """Compare a report of the account with the ledger. A difference that begins or ends is journaled."""
        theirs = {**dict.fromkeys(self._lots, ZERO), **account.held, self._quote: account.cash}
        ours = {**self._ledger.owned_at(self._name), self._quote: self._ledger.cash_at(self._name)}
        if self._netted:
            theirs[self._quote] = EXACT.add(ours[self._quote], self._more_money(account))
        paid = self._ledger.fees_in_at(
            self._name
        )  # with coins that lay there before: they are fewer now, and nothing is wrong
        gaps = {
            what: EXACT.add(
                EXACT.subtract(theirs[what], ours.get(what, ZERO)), paid.get(self._bases.get(what, ""), ZERO)
            )
            for what in sorted(theirs)
        }
        if self._foreign is None:
            self._foreign = {what: ZERO if what in self._netted else max(gap, ZERO) for what, gap in gaps.items()}
        foreign = self._foreign
        wide = {
            what
            for what, gap in gaps.items()
            if abs(EXACT.subtract(gap, foreign.get(what, ZERO))) > self._tolerance(what)
        }
        begun = (wide & self._seen) - self._drifts.keys()
        for what in (*sorted(begun), *sorted(self._drifts.keys() - wide)):
            drift = AccountDrift(
                at_utc=at,
                what=what,
                status="begins" if what in begun else "ends",
                ledger=ours.get(what, ZERO),
                venue=theirs[what],
                foreign=foreign.get(what, ZERO),
                account=self._name,
            )
            self._sink.append(drift)
            if what in begun:
                self._drifts[what] = drift
            else:
                del self._drifts[what]
        self._seen = wide

    def _more_money(self, account: Balances) -> Decimal:
        """How much more money the exchange has than the ledger, on perpetuals.

        An exchange realises profits at the average entry price and the ledger lot by lot, so wallets differ while a position is
        open. What was paid in and out is the same: the wallet less what the open positions cost.
        """
        with localcontext(EXACT):
            costs = [account.held.get(symbol, ZERO) * told.entry_price for symbol, told in account.positions.items()]
            return account.cash - sum(costs, ZERO) - self._ledger.paid_at(self._name)

    @property
    def foreign(self) -> dict[str, Decimal]:
        """What lay there before the session, by market [base]; nothing before the first report."""
        return {what: more for what, more in (self._foreign or {}).items() if more and what != self._quote}

    def take_for_foreign(self, symbol: str, coins: Decimal, money: Decimal) -> None:
        """Count coins that were sold [base] and what came of them [quote] as foreign: the sale was none of ours."""
        if self._foreign is not None:  # else the first report has it in
            for what, more in ((symbol, -coins), (self._quote, money)):
                self._foreign[what] = EXACT.add(self._foreign.get(what, ZERO), more)

    def why(self, symbol: str) -> str | None:
        """Why a market is close-only; None where the books agree."""
        drift = self._drifts.get(symbol) or self._drifts.get(self._quote)
        return None if drift is None else drift.text

    def _tolerance(self, what: str) -> Decimal:
        if what == self._quote:
            return EXACT.multiply(self._ledger.starting_cash_at(self._name), CASH_TOLERANCE)
        return self._lots.get(what, ZERO)
