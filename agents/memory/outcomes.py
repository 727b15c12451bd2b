"""What became of a case: the triple-barrier outcome of a purchase, on the tape that came after it.

A purchase at the open of the next bar, with the stop that the gate gives it and the profile's first target, ends at
whichever is touched first, or at the close after `horizon_bars` bars (Lopez de Prado 2018, Advances in Financial Machine
Learning, ch. 3). Within a bar the stop counts as touched first; a bar that opens below the stop is sold at its open.

It is one yardstick for what was bought and what was refused, and not the trade: no ladder, no trailing stop, no spread and
no depth. It refuses to know early: an outcome exists from `known_at_utc` on (law 6), and there is none where the tape ends
first or the symbol has no bars.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from agents.court.case import Case
from agents.records.record import Session
from config.frozen import Frozen, UtcTime
from config.sections.exits import ExitSettings
from config.sections.limits import RiskLimits
from market.bar import Bar, Slice
from risk.sizing import stop_fraction

HORIZON_BARS = 72
_PATIENCE = 2
"""Horizons of bar closes after which a case whose symbol shows too few bars is given up."""

Label = Literal[-1, 0, 1]


class CaseOutcome(Frozen):
    """How a purchase would have ended: `label` +1 target first, -1 stop first, 0 neither. Prices in quote units.

    `return_bps` is net of the taker fee of both sides; `bars` counts those of the symbol from the entry on.
    """

    decision_id: str
    symbol: str
    as_of_utc: UtcTime
    label: Label
    entry_price: float = Field(gt=0)
    exit_price: float = Field(gt=0)
    return_bps: float
    bars: int = Field(ge=1)
    known_at_utc: UtcTime

    @property
    def won(self) -> bool:
        """Whether the target came first. Neither is no win."""
        return self.label == 1


@dataclass(frozen=True, slots=True)
class Barriers:
    """Where purchases end. `fee_bps` is the taker fee by symbol."""

    limits: RiskLimits
    exits: ExitSettings
    fee_bps: Mapping[str, float]
    horizon_bars: int = HORIZON_BARS

    @classmethod
    def of(cls, session: Session, horizon_bars: int = HORIZON_BARS) -> "Barriers":
        """Those of a session's own settings. Raises ValueError for a horizon below one bar."""
        if horizon_bars < 1:
            raise ValueError(f"the horizon must be at least one bar, got {horizon_bars}")
        fees = {symbol: float(rules.taker_fee_bps) for symbol, rules in session.instruments.items()}
        return cls(session.settings.limits, session.settings.exits, fees, horizon_bars)

    def stop_of(self, case: Case) -> float:
        """The stop distance that the gate gives this case, as a fraction of the price."""
        base = case.signals[case.base_timeframe]
        return stop_fraction(base.close, base.atr_14_quote, self.limits)


class Settler:
    """Follows purchases from bar to bar until they end. As point-in-time as the slices that it is shown."""

    def __init__(self, barriers: Barriers) -> None:
        self._barriers = barriers
        self._open: list[_Purchase] = []

    def add(self, case: Case) -> None:
        """Follow a purchase of this case, from the first bar that closes after it."""
        fee = self._barriers.fee_bps[case.symbol] / 1e4
        target = self._barriers.exits.take_profit_fraction
        self._open.append(_Purchase(case, self._barriers.stop_of(case), target, fee))

    @property
    def following(self) -> int:
        """Purchases that have not ended."""
        return len(self._open)

    def ids(self) -> frozenset[str]:
        """The decisions behind them."""
        return frozenset(purchase.case.decision_id for purchase in self._open)

    def pass_slice(self, tape: Slice) -> tuple[CaseOutcome, ...]:
        """Show the next slice; returns what is known from its close on, in the order in which the cases were added."""
        known: list[CaseOutcome] = []
        still: list[_Purchase] = []
        horizon = self._barriers.horizon_bars
        for purchase in self._open:
            found = purchase.pass_slice(tape, horizon)
            if found is not None:
                known.append(found)
            elif purchase.waited < _PATIENCE * horizon:
                still.append(purchase)
        self._open = still
        return tuple(known)


@dataclass(slots=True)
class _Purchase:
    """A purchase on paper that has not ended. `stop` and `target` are fractions of the entry price, `fee` of a side."""

    case: Case
    stop: float
    target: float
    fee: float
    entry: float | None = None
    bars: int = 0
    waited: int = 0

    def pass_slice(self, tape: Slice, horizon_bars: int) -> CaseOutcome | None:
        if tape.close_utc <= self.case.as_of_utc:
            return None
        self.waited += 1
        bar = tape.bars.get(self.case.symbol)
        return None if bar is None else self._pass_bar(bar, horizon_bars)

    def _pass_bar(self, bar: Bar, horizon_bars: int) -> CaseOutcome | None:
        self.entry = bar.open if self.entry is None else self.entry
        self.bars += 1
        stop, target = self.entry * (1 - self.stop), self.entry * (1 + self.target)
        if bar.low <= stop:
            return self._ended(-1, self.entry, min(stop, bar.open), bar)
        if bar.high >= target:
            return self._ended(1, self.entry, target, bar)
        return self._ended(0, self.entry, bar.close, bar) if self.bars >= horizon_bars else None

    def _ended(self, label: Label, entry: float, price: float, bar: Bar) -> CaseOutcome:
        net = price * (1 - self.fee) / (entry * (1 + self.fee)) - 1
        return CaseOutcome(
            decision_id=self.case.decision_id,
            symbol=self.case.symbol,
            as_of_utc=self.case.as_of_utc,
            label=label,
            entry_price=entry,
            exit_price=price,
            return_bps=net * 1e4,
            bars=self.bars,
            known_at_utc=bar.close_utc,
        )
