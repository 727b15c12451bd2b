"""What a rule of the gate is asked with, and how it answers.

Nothing here decides. A number that is not finite, or negative, leaves no room (law 2).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from config.sections.exits import ExitSettings
from config.sections.limits import RiskLimits
from market.book import Book
from market.instrument import Instrument
from risk.breakers import BreakerState
from risk.calibration import SizingMaps
from risk.portfolio import Portfolio
from risk.proposal import Proposal
from risk.verdict import Reaction, RuleReport

LEAST_HISTORY = 50
"""Returns of a symbol, in bars, below which its tail is a guess."""


@dataclass(frozen=True, slots=True)
class DocketView:
    """What is proposed in one session of the court, and what is held: `symbols`, and their `returns` as in `Situation`."""

    symbols: tuple[str, ...]
    returns: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Situation:
    """What a proposal meets: the book, the breakers, the state of the data, and the returns behind the tail measures.

    `returns` has shape (n_bars, n_symbols), simple returns, oldest first, columns in the order of `symbols`, which are the
    held ones and the proposed one; only bars on which each of them was observed. `frozen` says why nothing new may be traded
    on the proposed symbol's data, or is None; `halted` says likewise why the kill switch is down. `day_volume_quote` is what
    the proposed symbol's market traded in the last 24 hours [quote units], `entries_today` how many entries were sent in them,
    `order_errors` how many orders were rejected or lost in them. `mark` is the symbol's last believed close [quote units],
    `book` what its market shows, `now_utc` the close of the last slice that was lived through; `docket` what else is proposed,
    where proposals share the risk; `opened_utc` when the position in the proposed symbol was opened, if
    one is held. None where that is unknown.
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


@dataclass(frozen=True, slots=True)
class Facts(Situation):
    """All that a rule may know: the situation, and what the gate was set up with. `stop` is a fraction of the price."""

    limits: RiskLimits
    exits: ExitSettings
    bars_per_day: float
    stop: float
    calibration: SizingMaps | None = None

    @property
    def equity(self) -> float:
        return float(self.portfolio.equity)


Rule = Callable[[Facts], RuleReport]


def weights(facts: Facts, extra: float = 0.0) -> NDArray[np.float64]:
    """Exposures as fractions of equity, shape (n_symbols,), with `extra` more of the proposed symbol."""
    held = {position.symbol: float(position.notional) for position in facts.portfolio.positions}
    coming = {symbol: float(value) for symbol, value in facts.portfolio.pending_notional.items()}
    exposure = [(held.get(s, 0.0) + coming.get(s, 0.0)) / facts.equity for s in facts.symbols]
    exposure[facts.symbols.index(facts.proposal.symbol)] += extra
    return np.asarray(exposure, dtype=np.float64)


def check(
    code: str, passed: bool, number: float | None = None, limit: float | None = None, unit: str = "", note: str = ""
) -> RuleReport:
    """A rule that passes or refuses."""
    reaction = Reaction.PASS if passed else Reaction.REFUSE
    return RuleReport(code=code, number=number, limit=limit, unit=unit, reaction=reaction, note=note)


def cap(
    facts: Facts,
    code: str,
    fraction: float,
    number: float | None = None,
    limit: float | None = None,
    note: str = "",
) -> RuleReport:
    """A cap of `fraction` of equity; not finite or negative counts as nothing."""
    room = fraction if isfinite(fraction) and fraction > 0 else 0.0
    return RuleReport(
        code=code,
        number=number if number is not None else room,
        limit=limit,
        unit="of equity",
        reaction=Reaction.PASS,
        notional_cap=facts.portfolio.equity * Decimal(repr(room)),
        note=note,
    )
