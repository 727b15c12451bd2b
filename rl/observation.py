"""What the policy sees of a proposal: a few named columns, all of them known at the bar close.

`execution.observation` computes the numbers, and the kernel compiles the same functions, so a policy sees the same in training
and in a session. This module names the columns and takes their inputs from the situation that the gate judges. All cases of a
bar are seen on the same book: exits that the voters asked for are already sent, and the gate has not judged any of the cases.

Of a perpetual the row goes on: leverage, the side of the whole book, what funding costs on this side, and how far liquidation is
(`execution.contract_columns`). A policy that reads the row of spot is never shown one.

The row has no columns for the agreement of the court's roles, the news and the regime, since the kernel has no court. A caller
that has one adds them (`agents.court.policy_view`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from config.frozen import Frozen, absent
from config.sections.limits import RiskLimits
from execution.contract_columns import CONTRACT_COLUMNS, encode_contract
from execution.observation import COLUMNS, LEAST_BARS, daily_volatility, encode, short_over_long
from market.perpetual.margin import PerpetualTerms, initial_margin
from risk.calibration import SizingMaps
from risk.facts import Situation
from risk.measures.basic import correlation
from risk.measures.horizon import horizon_of, one_day_es, one_day_var
from risk.portfolio import Portfolio
from risk.proposal import Direction, Proposal

Floats = NDArray[np.float64]

_SIGNS = {Direction.LONG: 1.0, Direction.SHORT: -1.0, Direction.NONE: 0.0}
_MICROSECOND = timedelta(microseconds=1)


def _of_court() -> Any:
    """A figure that only a court knows: left out where there was none."""
    return Field(default=None, exclude_if=absent)


def _of_contract() -> Any:
    """A figure that only a perpetual contract has: left out on spot."""
    return Field(default=None, exclude_if=absent)


class Observation(Frozen):
    """What an adjuster sees of one market at one bar close. Fractions are fractions of equity; None means missing.

    direction         -1, 0 or 1: what is proposed
    conviction        0..1: the netted vote; missing where nothing is proposed
    calibrated        0..1: the probability that such convictions have been worth; missing without a calibration
    ruling_scale      0..1: the court's factor for the size; missing where the court was not asked
    size              signed: what is held of this market and under way; missing without equity
    held_days         0 or more: days since its position was opened; 0 where nothing is held
    deployed          0 or more: what is held and under way in all markets; missing without equity
    drawdown          0..1: fall of equity below its peak
    var_headroom      up to 1: 1 - VaR of the book over its limit, one day; below 0 beyond it; 1 of an empty book
    es_headroom       likewise of the expected shortfall
    volatility_ratio  above 0: volatility of the last 24 bars over that of the risk window; missing where nothing moved
    correlation       0..1: the worst of this market with what else is held or under way; 0 where nothing is
    entries           0 or more: entries of the last 24 hours, as a count
    volatility        above 0: volatility of a day, over the risk window; missing where nothing moved
    agreement         0..1: how far the court's roles agree; missing if fewer than two of them spoke, or none was asked
    sentiment         -1..1: score of the market's news; missing if nothing was heard
    regime            -1..1: kind of market, from crash to trend (`rl.features.REGIMES`); missing while it is not known
    leverage          1 or more: notional over margin of the account; missing on spot, as are all that follow
    net               signed: all that is held and under way, long less short; missing without equity
    funding_rate      what the proposed side pays at the last rate, each time, of the notional; below 0 it is paid; missing if
                      no rate is known
    funding_cost      the same over the time for which a position is held, in average true ranges of the price; missing if no
                      rate or range is known
    liquidation       0 or more: how far the price is from the liquidation price of what is held, or else of the largest position
                      on the proposed side, in average true ranges; where no price liquidates, all of the price; missing without
                      a range

    The headrooms, both volatilities and correlation are missing where a market concerned has fewer than 50 returns.
    """

    direction: float
    conviction: float | None = None
    calibrated: float | None = None
    ruling_scale: float | None = None
    size: float | None = None
    held_days: float | None = None
    deployed: float | None = None
    drawdown: float | None = None
    var_headroom: float | None = None
    es_headroom: float | None = None
    volatility_ratio: float | None = None
    correlation: float | None = None
    entries: float | None = None
    volatility: float | None = None
    agreement: float | None = _of_court()
    sentiment: float | None = _of_court()
    regime: float | None = _of_court()
    leverage: float | None = _of_contract()
    net: float | None = _of_contract()
    funding_rate: float | None = _of_contract()
    funding_cost: float | None = _of_contract()
    liquidation: float | None = _of_contract()

    @classmethod
    def of(cls, row: Floats) -> "Observation":
        """The observation in a row that an engine encoded: float64, shape (len(COLUMNS),), NaN where something is missing; of a
        perpetual longer by len(CONTRACT_COLUMNS).

        Units are those of the fields [fraction, days, count].
        """
        names = COLUMNS if len(row) == len(COLUMNS) else (*COLUMNS, *CONTRACT_COLUMNS)
        return cls(**{name: None if math.isnan(x) else x for name, x in zip(names, row.tolist(), strict=True)})

    @property
    def is_of_contract(self) -> bool:
        """Whether it is of a perpetual contract."""
        return self.leverage is not None

    def row(self) -> Floats:
        """The observation as a row: float64, shape (len(COLUMNS),), NaN where something is missing; of a perpetual longer by
        len(CONTRACT_COLUMNS).

        Units are those of the fields [fraction, days, count].
        """
        names = (*COLUMNS, *CONTRACT_COLUMNS) if self.is_of_contract else COLUMNS
        values = (getattr(self, name) for name in names)
        return np.array([math.nan if value is None else value for value in values], dtype=np.float64)

    def court_row(self) -> Floats:
        """What only a court knows: agreement, sentiment, regime. float64, shape (3,), dimensionless, NaN where missing."""
        values = (self.agreement, self.sentiment, self.regime)
        return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def unseen(proposal: Proposal) -> Observation:
    """Only what the proposal itself says. It is enough for a policy that does not read the book."""
    return Observation(
        direction=_SIGNS[proposal.direction], conviction=proposal.conviction, ruling_scale=proposal.ruling_scale
    )


@dataclass(frozen=True, slots=True)
class Lookout:
    """Makes observations of proposals. `situation` gives the book and the returns that the gate would use; the other fields are
    the gate's settings."""

    situation: Callable[[Proposal], Situation]
    limits: RiskLimits
    bars_per_day: float
    calibration: SizingMaps | None = None

    def see(self, proposal: Proposal) -> Observation:
        """What a policy may know of a proposal. Raises what the risk measures raise; the caller must then refuse the proposal."""
        return Observation.of(self.row(self.situation(proposal)))

    def row(self, given: Situation) -> Floats:
        """What a policy may know in a situation, as a row: float64, shape (len(COLUMNS),), NaN where something is missing; of a
        perpetual longer by len(CONTRACT_COLUMNS).

        Units are those of the fields of `Observation` [fraction, days, count]. Raises what the risk measures raise.
        """
        width = len(COLUMNS) + (len(CONTRACT_COLUMNS) if given.perpetual else 0)
        proposal, book, row = given.proposal, given.portfolio, np.empty(width, dtype=np.float64)
        own = given.returns[:, given.symbols.index(proposal.symbol)]
        moves: list[float] = own.tolist()
        exposures, now, opened = _exposures(book), given.now_utc or proposal.as_of_utc, given.opened_utc
        var_1d, es_1d = self._tails(given, exposures)
        encode(
            row,
            _SIGNS[proposal.direction],
            proposal.conviction,
            self._calibrated(proposal.conviction, short=proposal.direction is Direction.SHORT),
            proposal.ruling_scale,
            exposures.get(proposal.symbol, 0.0),
            0.0 if opened is None else (now - opened) / _MICROSECOND,
            float(book.deployed),
            float(book.equity),
            float(given.breakers.peak_equity),
            var_1d / self.limits.max_var_1d,
            es_1d / self.limits.max_es_1d,
            short_over_long(moves),
            _worst(given, exposures, own),
            math.nan if given.entries_today is None else float(given.entries_today),
            daily_volatility(moves, self.bars_per_day),
        )
        if given.perpetual:
            self._see_contract(row[len(COLUMNS) :], given, exposures)
        return row

    def _see_contract(self, row: Floats, given: Situation, exposures: dict[str, float]) -> None:
        """Write what a perpetual has beside the row of every market, shape (len(CONTRACT_COLUMNS),) [fraction, ranges]."""
        proposal, terms, limits = given.proposal, given.instrument.perpetual, self.limits
        rate = math.nan if given.funding_rate is None else given.funding_rate
        encode_contract(
            row,
            _SIGNS[proposal.direction],
            math.nan if given.leverage is None else float(given.leverage),
            sum(exposures.values()),
            float(given.portfolio.equity),
            rate,
            math.nan if terms is None else limits.funding_hold_h / terms.funding_interval_h,
            math.nan if terms is None else _to_liquidation(given, terms, limits),
            float(proposal.reference_price),
            math.nan if proposal.atr_quote is None else proposal.atr_quote,
        )

    def _calibrated(self, conviction: float, *, short: bool) -> float:
        known = self.calibration
        if known is None:
            return math.nan
        voters = known.shorts.voters if short and known.shorts is not None else known.voters
        return voters.calibrated(conviction) if voters.points else math.nan

    def _tails(self, given: Situation, exposures: dict[str, float]) -> tuple[float, float]:
        """One-day VaR and ES of the book as it is, as fractions of equity; NaN where they are missing."""
        equity, limits = float(given.portfolio.equity), self.limits
        horizon = horizon_of(limits, self.bars_per_day)
        if len(given.returns) < horizon.least_bars or equity <= 0.0:
            return math.nan, math.nan
        weights = np.array([exposures.get(symbol, 0.0) / equity for symbol in given.symbols])
        if not weights.any():
            return 0.0, 0.0
        steps = horizon.steps(given.returns) @ weights
        return one_day_var(steps, limits, horizon), one_day_es(steps, limits, horizon)


def _exposures(book: Portfolio) -> dict[str, float]:
    """What is held and under way by market, signed, in quote units."""
    found = {held.symbol: float(held.notional) for held in book.positions}
    for symbol, coming in book.pending_notional.items():
        found[symbol] = found.get(symbol, 0.0) + float(coming)
    return found


def _worst(given: Situation, exposures: dict[str, float], own: Floats) -> float:
    """The worst correlation of the proposed market with the rest of the book; a constant series counts as fully correlated.

    Of perpetuals it is that of the bets: a short of what moves with a long is none with it.
    """
    if len(own) < LEAST_BARS or given.portfolio.equity <= 0:
        return math.nan
    others = (i for i, s in enumerate(given.symbols) if s in exposures and s != given.proposal.symbol)
    if not given.perpetual:
        found = (correlation(own, given.returns[:, i]) for i in others)
        return max((1.0 if value is None else value for value in found), default=0.0)
    bets = ((given.sign * _sign(exposures[given.symbols[i]]), correlation(own, given.returns[:, i])) for i in others)
    return max((1.0 if value is None else side * value for side, value in bets), default=0.0)


def _sign(amount: float) -> float:
    return -1.0 if amount < 0.0 else 1.0


def _to_liquidation(given: Situation, terms: PerpetualTerms, limits: RiskLimits) -> float:
    """How far the price is from liquidation, as a fraction of it: of the position that is held, or of the largest that the
    proposal may make. 1 where no price liquidates; NaN where nothing is proposed or held, or the leverage is not known."""
    proposal, held = given.proposal, given.portfolio.position(given.proposal.symbol)
    price = proposal.reference_price
    if held is not None and held.quantity:
        sign, found = (-1 if held.is_short else 1), held.liquidation_price
        price = held.mark_price
    elif given.leverage is None or proposal.direction is Direction.NONE or given.portfolio.equity <= 0:
        return math.nan
    else:
        sign = given.sign
        largest = given.portfolio.equity * Decimal(repr(limits.max_position_fraction))
        margin = initial_margin(largest, given.leverage)
        found = terms.liquidation_price(sign * largest / price, price, margin)
    return 1.0 if found is None else sign * float(1 - found / price)
