"""The outcome of a case: the triple-barrier result of a purchase, on the bars after it.

The purchase is at the open of the next bar, with the stop of the gate and the first target of the profile. It ends at
the first barrier that is touched, or at the close after `horizon_bars` bars (Lopez de Prado 2018, Advances in
Financial Machine Learning, ch. 3). Within a bar the stop counts as touched first. If a bar opens below the stop, the
sale is at its open.

A short sale is the mirror: its stop lies above the open, its target below, and a bar that opens above the stop closes it at its
open.

It measures bought and refused cases in the same way; it is not the real trade: no ladder, no trailing stop, no spread
and no depth. It refuses to know early: an outcome exists from `known_at_utc` on (law 6). There is none if the bars
end first or the symbol has no bars.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from agents.court.case import Case
from agents.records.record import Session
from agents.strategies.terms import asked_by
from config.frozen import Frozen, UtcTime
from config.sections.exits import ExitSettings
from config.sections.limits import RiskLimits
from config.sections.strategies import names_of
from config.settings import Settings
from market.bar import Bar, Slice
from risk.limits.contexts import tightened
from risk.proposal import Terms
from risk.sizing import stop_fraction

HORIZON_BARS = 72
_PATIENCE = 2
"""Number of horizons after which a case is dropped if its symbol has too few bars."""

Label = Literal[-1, 0, 1]


class CaseOutcome(Frozen):
    """The result of a purchase: `label` is +1 if the target came first, -1 if the stop came first, 0 if neither.
    Prices [quote].

    `return_bps` is net of the taker fees of both sides [bps]; `bars` counts the bars of the symbol from the entry on.
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
        """Return whether the target came first. A timeout is not a win."""
        return self.label == 1


@dataclass(frozen=True, slots=True)
class Barriers:
    """Where purchases end. `fee_bps`: taker fee by symbol [bps]. `terms`: the conditions of voters that have some, by voter."""

    limits: RiskLimits
    exits: ExitSettings
    fee_bps: Mapping[str, float]
    horizon_bars: int = HORIZON_BARS
    terms: Mapping[str, Terms] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, horizon_bars: int = HORIZON_BARS) -> "Barriers":
        """Return the barriers of a session's settings. Raises ValueError for a horizon below one bar."""
        if horizon_bars < 1:
            raise ValueError(f"the horizon must be at least one bar, got {horizon_bars}")
        fees = {symbol: float(rules.taker_fee_bps) for symbol, rules in session.instruments.items()}
        settings = session.settings
        return cls(settings.limits, settings.exits, fees, horizon_bars, _terms(settings))

    def stop_of(self, case: Case) -> float:
        """Return the stop distance that the gate gives this case [fraction of the price]."""
        base = case.signals[case.base_timeframe]
        return stop_fraction(base.close, base.atr_14_quote, self.limits_of(case.terms))

    def target_of(self, case: Case) -> float:
        """Return the distance of the first target of this case [fraction of the price]."""
        return self.exits_of(case.terms).take_profit_fraction

    def stop_for(self, voter: str, close: float, atr_quote: float | None) -> float:
        """Return the stop distance of a purchase that only this voter wants [fraction of the price]. Prices [quote]."""
        return stop_fraction(close, atr_quote, self.limits_for(voter))

    def limits_for(self, voter: str) -> RiskLimits:
        """Return the limits of a purchase that only this voter wants."""
        return self.limits_of(self.terms.get(voter))

    def target_for(self, voter: str) -> float:
        """Return the distance of the first target of a purchase that only this voter wants [fraction of the price]."""
        return self.exits_of(self.terms.get(voter)).take_profit_fraction

    def limits_of(self, terms: Terms | None) -> RiskLimits:
        """Return the limits of a purchase with these terms."""
        return tightened(self.limits, terms)

    def exits_of(self, terms: Terms | None) -> ExitSettings:
        """Return the exits of a purchase with these terms."""
        return self.exits if terms is None or terms.exits is None else terms.exits


def _terms(settings: Settings) -> dict[str, Terms]:
    """The conditions of each voter of a profile that has some, by its name."""
    named = zip(names_of(settings.strategies), settings.strategies, strict=True)
    asked = ((name, asked_by([(name, entry)], settings.exits)) for name, entry in named)
    return {name: terms for name, terms in asked if terms is not None}


class Settler:
    """Follows purchases from bar to bar until they end. It knows only the slices that it was shown."""

    def __init__(self, barriers: Barriers) -> None:
        self._barriers = barriers
        self._open: list[_Purchase] = []

    def add(self, case: Case) -> None:
        """Follow a purchase of this case, from the first bar that closes after it."""
        fee = self._barriers.fee_bps[case.symbol] / 1e4
        target = self._barriers.target_of(case)
        self._open.append(_Purchase(case, self._barriers.stop_of(case), target, fee))

    @property
    def following(self) -> int:
        """The number of open purchases."""
        return len(self._open)

    def ids(self) -> frozenset[str]:
        """The decision ids of the open purchases."""
        return frozenset(purchase.case.decision_id for purchase in self._open)

    def pass_slice(self, tape: Slice) -> tuple[CaseOutcome, ...]:
        """Show the next slice; returns the outcomes that are known at its close, in the order in which the cases were
        added.
        """
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
    """An open hypothetical purchase. `stop` and `target` [fraction of the entry price]; `fee` of one side [fraction]."""

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
        if self.case.proposal.is_short:
            return self._pass_short(self.entry, bar, horizon_bars)
        stop, target = self.entry * (1 - self.stop), self.entry * (1 + self.target)
        if bar.low <= stop:
            return self._ended(-1, self.entry, min(stop, bar.open), bar)
        if bar.high >= target:
            return self._ended(1, self.entry, target, bar)
        return self._ended(0, self.entry, bar.close, bar) if self.bars >= horizon_bars else None

    def _pass_short(self, entry: float, bar: Bar, horizon_bars: int) -> CaseOutcome | None:
        stop, target = entry * (1 + self.stop), entry * (1 - self.target)
        if bar.high >= stop:
            return self._ended(-1, entry, max(stop, bar.open), bar)
        if bar.low <= target:
            return self._ended(1, entry, target, bar)
        return self._ended(0, entry, bar.close, bar) if self.bars >= horizon_bars else None

    def _ended(self, label: Label, entry: float, price: float, bar: Bar) -> CaseOutcome:
        if self.case.proposal.is_short:
            net = (1 - self.fee) - price / entry * (1 + self.fee)
        else:
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
