"""The input of a rule of the gate, and the reports that it can return.

This module decides nothing. A cap that is negative or not finite allows no notional (law 2).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from config.sections.exits import ExitSettings
from config.sections.limits import RiskLimits
from market.book import Book
from market.instrument import Instrument, InstrumentKind
from risk.breakers import BreakerState
from risk.calibration import SizingMaps
from risk.measures.horizon import Horizon, horizon_of
from risk.portfolio import Portfolio
from risk.proposal import Direction, Proposal
from risk.ramp import Ramp
from risk.verdict import Reaction, RuleCode, RuleReport

OF_EQUITY = "of equity"
"""The unit of every cap."""


@dataclass(frozen=True, slots=True)
class DocketView:
    """The `symbols` that are proposed in one session of the court or held, and their `returns` as in `Situation`.

    `signs`: 1 for what is held or proposed long, -1 for short, in the order of `symbols`; None where it is not known: on spot
    all are long.
    """

    symbols: tuple[str, ...]
    returns: NDArray[np.float64]
    signs: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """The situation of a proposal: portfolio, breakers, quality of the data, and the returns for the tail measures.

    `returns`: shape (n_bars, n_symbols), float64 [simple return], oldest first, columns in the order of `symbols` (the held
    symbols and the proposed one), only bars in which each of them was observed. `frozen`: the reason why no position may be
    opened in the proposed symbol, or None. `halted`: the reason why the kill switch is on, or None. `day_volume_quote`: volume
    of the proposed symbol's market in the last 24 hours [quote]. `entries_today`: entries sent in the last 24 hours.
    `order_errors`: orders rejected or lost in the last 24 hours. `mark`: the symbol's last valid close [quote]. `book`: the
    order book that its market shows. `now_utc`: the close of the last processed slice. `docket`: the other proposals of the
    session, when proposals share the risk. `opened_utc`: when the position in the proposed symbol was opened. Each of these is
    None when it is not known. `own_positions`: positions and entries under way by the context that has voted for them, for
    contexts with a number of their own. `ramp`: where the ramp of real money stands; None without real money. `most_free`: of
    several exchanges, the most that one of them has to pay with [quote], since money is not moved; None for one exchange.
    `leverage`: the notional of a perpetual position over the margin that it reserves; `funding_rate`: the last one of the
    market, for one interval [fraction of the notional, which longs pay to shorts]. Both are None on spot.
    """

    proposal: Proposal
    portfolio: Portfolio
    instrument: Instrument
    breakers: BreakerState
    frozen: str | None
    symbols: tuple[str, ...]
    returns: NDArray[np.float64]
    halted: str | None = field(default=None, kw_only=True)
    day_volume_quote: float | None = field(default=None, kw_only=True)
    entries_today: int | None = field(default=None, kw_only=True)
    order_errors: int | None = field(default=None, kw_only=True)
    mark: float | None = field(default=None, kw_only=True)
    book: Book | None = field(default=None, kw_only=True)
    now_utc: datetime | None = field(default=None, kw_only=True)
    docket: DocketView | None = field(default=None, kw_only=True)
    opened_utc: datetime | None = field(default=None, kw_only=True)
    own_positions: Mapping[str, int] = field(default_factory=dict, kw_only=True)
    ramp: Ramp | None = field(default=None, kw_only=True)
    most_free: Decimal | None = field(default=None, kw_only=True)
    leverage: Decimal | None = field(default=None, kw_only=True)
    funding_rate: float | None = field(default=None, kw_only=True)

    @property
    def perpetual(self) -> bool:
        """Whether the market is a perpetual contract, with margin, funding and liquidation."""
        return self.instrument.kind is InstrumentKind.PERPETUAL

    @property
    def sign(self) -> int:
        """The sign of what the proposal would add: -1 for a short where there are shorts, 1 for anything else."""
        return -1 if self.proposal.direction is Direction.SHORT and self.instrument.may_be_short else 1


@dataclass(frozen=True, slots=True)
class Facts(Situation):
    """The input of a rule: the situation and the settings of the gate. `stop` is a fraction of the price."""

    limits: RiskLimits
    exits: ExitSettings
    bars_per_day: float
    stop: float
    calibration: SizingMaps | None = None

    @property
    def equity(self) -> float:
        return float(self.portfolio.equity)

    @property
    def horizon(self) -> Horizon:
        """How one-day figures are made from the returns."""
        return horizon_of(self.limits, self.bars_per_day)


Rule = Callable[[Facts], RuleReport]


def weights(facts: Facts, extra: float = 0.0) -> NDArray[np.float64]:
    """Exposures, shape (n_symbols,), float64 [signed fraction of equity], with `extra` more of the proposed symbol in the
    direction of the proposal."""
    held = {position.symbol: float(position.notional) for position in facts.portfolio.positions}
    coming = {symbol: float(value) for symbol, value in facts.portfolio.pending_notional.items()}
    exposure = [(held.get(s, 0.0) + coming.get(s, 0.0)) / facts.equity for s in facts.symbols]
    exposure[facts.symbols.index(facts.proposal.symbol)] += facts.sign * extra
    return np.asarray(exposure, dtype=np.float64)


def gross(facts: Facts, members: Collection[str]) -> float:
    """All that is held and under way of these symbols, long and short added up and never netted [fraction of equity]."""
    book = facts.portfolio
    held = sum((abs(one.notional) for one in book.positions if one.symbol in members), Decimal(0))
    coming = sum((abs(value) for symbol, value in book.pending_notional.items() if symbol in members), Decimal(0))
    return float(held + coming) / facts.equity


def report_of(
    code: RuleCode,
    reaction: Reaction,
    number: float | None = None,
    limit: float | None = None,
    unit: str = "",
    notional: Decimal | None = None,
    note: str = "",
    context: str | None = None,
) -> RuleReport:
    """A report. Figures that are finite floats need no other check: a verdict has dozens of reports, and most figures are."""
    if _is_sound(number) and _is_sound(limit) and (notional is None or notional.is_finite()):
        values = {
            "code": code, "number": number, "limit": limit, "unit": unit, "reaction": reaction, "notional_cap": notional,
            "note": note, "context": context,
        }  # fmt: skip
        return RuleReport.made_of(values)
    return RuleReport(
        code=code,
        number=number,
        limit=limit,
        unit=unit,
        reaction=reaction,
        notional_cap=notional,
        note=note,
        context=context,
    )


def _is_sound(figure: float | None) -> bool:
    return figure is None or (type(figure) is float and isfinite(figure))


def check(
    code: RuleCode,
    passed: bool,
    number: float | None = None,
    limit: float | None = None,
    unit: str = "",
    note: str = "",
) -> RuleReport:
    """The report of a rule that passes or refuses."""
    return report_of(code, Reaction.PASS if passed else Reaction.REFUSE, number, limit, unit, note=note)


def cap(
    facts: Facts,
    code: RuleCode,
    fraction: float,
    number: float | None = None,
    limit: float | None = None,
    note: str = "",
) -> RuleReport:
    """The report of a cap at `fraction` of equity. A fraction that is negative or not finite counts as 0."""
    room = fraction if isfinite(fraction) and fraction > 0 else 0.0
    notional = facts.portfolio.equity * Decimal(repr(room))
    return report_of(code, Reaction.PASS, room if number is None else number, limit, OF_EQUITY, notional, note)


def no_cap(code: RuleCode, number: float | None = None, limit: float | None = None, note: str = "") -> RuleReport:
    """The report of a cap that does not bind: it is off, or a position of the largest size keeps it. It has no notional."""
    return report_of(code, Reaction.PASS, number, limit, OF_EQUITY, note=note)


def as_recorded(facts: Facts, report: RuleReport) -> RuleReport:
    """A report as the verdict records it: a cap that does not bind is recorded with the position limit [quote units], because
    the journal has shown it so from its first version on. A reader takes such a cap for none (see `ops.story.tally`)."""
    if report.notional_cap is not None:
        return report
    shown = cap(facts, report.code, facts.limits.max_position_fraction)
    number = shown.number if report.number is None else report.number
    return report_of(
        report.code, report.reaction, number, report.limit, report.unit, shown.notional_cap, report.note, report.context
    )
