"""`limits:`: every hard limit of the gate and of the breakers, in one flat class.

A limit that judges one purchase has a mark that says which way it is tighter: a context of `strategies:` may set it for its own
purchases, that way only. Those of the breakers have none: they watch the whole account. Nor has what only says how a limit is
measured. A context counts positions and hours of its own (`max_positions`, `trading_hours_utc` of the context).
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, model_validator

from config.frozen import Frozen
from config.sections.clashes import Clash, contradiction


class Tighter(StrEnum):
    """Which way a limit becomes tighter. Null is looser than any number."""

    LOWER = "lower"
    HIGHER = "higher"


FirstHour = Annotated[int, Field(ge=0, le=23)]


LastHour = Annotated[int, Field(ge=1, le=24)]


TradingHours = tuple[FirstHour, LastHour]
NO_HOURS = "trading hours that end when they begin are none; null is all day"


def hours_open(hours: TradingHours) -> frozenset[int]:
    """The hours of the day in which entries are allowed: from the first on, and before the last; 22 to 6 passes midnight."""
    first, last = hours
    return frozenset(range(first, last)) if first < last else frozenset((*range(first, 24), *range(last)))


HalfSize = Literal["cap", "halve"]
"""`cap`: at the drawdown a position is at most half of `max_position_fraction`. `halve`: it has half of the size that all other
limits leave."""


VarMethod = Literal["historical", "gaussian", "cornish_fisher", "ewma", "fhs_ewma", "evt", "evt_ewma"]
"""The estimators of VaR and expected shortfall that the gate can use: see `risk/measures/estimators.py`."""


CorrelationRule = Literal["refuse", "cluster"]
KellyStake = Literal["notional", "risk"]
TurbulenceScope = Literal["account", "symbol"]
VarHorizon = Literal["bar", "day"]
"""How one-day VaR and expected shortfall are made from bars: see `risk/measures/horizon.py`."""


class RiskLimits(Frozen):
    """The hard limits. Fractions are fractions of equity unless the name says otherwise. The tightest limit applies.

    A limit that is null is switched off.
    """

    max_daily_loss: Annotated[float, Field(gt=0, le=1)] = Field(description="loss since 00:00 UTC [fraction]")
    daily_loss_pause_h: Annotated[float, Field(gt=0, le=720)] = Field(description="close-only after it [hours]")
    max_weekly_loss: Annotated[float, Field(gt=0, le=1)] = Field(description="loss since Monday 00:00 UTC [fraction]")
    weekly_loss_pause_h: Annotated[float, Field(gt=0, le=720)] = Field(description="close-only after it [hours]")
    max_drawdown: Annotated[float, Field(gt=0, le=1)] = Field(
        description="drawdown from the peak at which trading halts [fraction]"
    )
    half_size_drawdown: Annotated[float, Field(gt=0, le=1), Tighter.LOWER] = Field(
        description="drawdown from the peak at which new positions are halved [fraction]"
    )
    half_size: HalfSize = Field(
        description="what is halved at that drawdown: the position limit (cap), or the size that all limits leave (halve)"
    )
    turbulence_sigma: Annotated[float, Field(gt=1, le=50)] = Field(
        description="move of one bar that pauses entries [sigmas]"
    )
    turbulence: TurbulenceScope = Field(
        description="what such a move pauses: the account, in either direction; or the symbol, after a fall, and the account if "
        "the market as a whole falls"
    )
    turbulence_alarms: Annotated[float, Field(ge=0.001, le=10_000)] = Field(
        description="falls of one bar that pause a symbol: so many in a year of usual bars, whatever their length [1/year]"
    )
    turbulence_pause_h: Annotated[float, Field(gt=0, le=720)] = Field(description="pause after such a bar [hours]")
    loss_streak: Annotated[int, Field(ge=1, le=100)] = Field(description="losing trades in a row that pause [trades]")
    loss_streak_chance: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        description="chance of a streak, given the win rate so far, above which it does not pause; null for always [0..1]"
    )
    loss_streak_pause_h: Annotated[float, Field(gt=0, le=720)] = Field(description="pause after such a streak [hours]")

    max_volume_share: Annotated[float, Field(gt=0, le=1), Tighter.LOWER] = Field(
        description="one entry, as a share of the market's volume of the last 24 hours [fraction]"
    )
    max_entries_per_day: Annotated[int, Field(ge=1, le=100_000), Tighter.LOWER] | None = Field(
        description="entries sent in 24 hours [orders]"
    )
    max_positions: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        description="positions and entries under way at one time; null for any number [positions]"
    )
    sectors: dict[str, str] = Field(description="sector of a symbol, by a name of your own")
    max_sector_fraction: Annotated[float, Field(gt=0, le=1), Tighter.LOWER] = Field(
        description="all positions of one sector [fraction of equity]"
    )
    trading_hours_utc: TradingHours | None = Field(
        description="first and last hour in which entries are allowed; the range may cross midnight [hours, UTC]"
    )
    macro_pause_h: Annotated[float, Field(gt=0, le=168)] | None = Field(
        description="time before and after an FOMC decision or US consumer prices in which no entry is allowed [hours]"
    )
    max_stressed_loss: Annotated[float, Field(gt=0, le=1), Tighter.LOWER] | None = Field(
        description="loss of the portfolio in the worst period of the window [fraction of equity]"
    )
    stress_bars: Annotated[int, Field(ge=1, le=1000)] = Field(description="length of that period [bars]")
    volatility_target: Annotated[float, Field(gt=0, le=10), Tighter.LOWER] | None = Field(
        description="annual volatility of one position [fraction of equity]"
    )

    max_price_gap_bps: Annotated[float, Field(gt=0, le=10_000), Tighter.LOWER] = Field(
        description="distance of the proposed price from the last valid close [bps]"
    )
    max_proposal_age_s: Annotated[float, Field(gt=0, le=86_400), Tighter.LOWER] = Field(
        description="time between a proposal and the order book, before or after [seconds]"
    )
    max_spread_bps: Annotated[float, Field(gt=0, le=2000), Tighter.LOWER] = Field(
        description="best bid to best ask [bps]"
    )
    max_slippage: Annotated[float, Field(gt=0, le=0.5), Tighter.LOWER] = Field(
        description="average fill price of an entry above the mid price, by walking the order book [fraction]"
    )
    max_order_errors: Annotated[int, Field(ge=0, le=1000), Tighter.LOWER] = Field(
        description="orders in 24 hours that the venue rejected or lost; above it no entry is allowed [orders]"
    )
    max_gross_leverage: Annotated[float, Field(gt=0, le=10), Tighter.LOWER] = Field(
        description="long and short positions together [fraction of equity]"
    )
    max_net_leverage: Annotated[float, Field(gt=0, le=10), Tighter.LOWER] = Field(
        description="long positions minus short positions [fraction of equity]"
    )
    ramp: bool = Field(
        description="sizes, and the money in use, are those that the ramp of real money allows (`live`); true with real money, "
        "and only there"
    )
    risk_parity: bool = Field(
        description="all proposals of one session contribute equally to risk, within the VaR limit"
    )

    min_liquidation_distance: Annotated[float, Field(ge=1, le=100), Tighter.HIGHER] = Field(
        description="distance of a perpetual's liquidation price, over that of its stop [multiple]"
    )
    max_funding_share: Annotated[float, Field(gt=0, le=10), Tighter.LOWER] | None = Field(
        description="funding of a perpetual over `funding_hold_h`, as a part of its stop distance; where its rate is not known, "
        "nothing is opened; null for no such limit [fraction]"
    )
    funding_hold_h: Annotated[float, Field(gt=0, le=8760)] = Field(
        description="time over which the funding of a perpetual is counted [hours]"
    )

    risk_per_trade: Annotated[float, Field(gt=0, le=0.1), Tighter.LOWER] = Field(
        description="loss at the stop [fraction of equity]"
    )
    max_position_fraction: Annotated[float, Field(gt=0, le=1), Tighter.LOWER] = Field(
        description="one position [fraction of equity]"
    )
    max_deployed_fraction: Annotated[float, Field(gt=0, le=1), Tighter.LOWER] = Field(
        description="all positions [fraction of equity]"
    )
    entry_price_cap_bps: Annotated[float, Field(gt=0, le=1000), Tighter.LOWER] | None = Field(
        description="an entry buys nothing dearer than this above the last close; null: at any price [bps]"
    )
    var_confidence: Annotated[float, Field(gt=0.5, lt=1), Tighter.HIGHER] = Field(
        description="confidence of the VaR limit"
    )
    max_var_1d: Annotated[float, Field(gt=0, le=1), Tighter.LOWER] = Field(
        description="one-day portfolio VaR [fraction of equity]"
    )
    es_confidence: Annotated[float, Field(gt=0.5, lt=1), Tighter.HIGHER] = Field(
        description="confidence of the ES limit"
    )
    max_es_1d: Annotated[float, Field(gt=0, le=1), Tighter.LOWER] = Field(
        description="one-day expected shortfall [fraction of equity]"
    )
    risk_window_bars: Annotated[int, Field(ge=50, le=20000)] = Field(description="returns behind VaR and ES [bars]")
    risk_window_h: Annotated[int, Field(ge=0, le=20000)] = Field(
        description="the same with `var_horizon: day`, if that is longer [hours]"
    )
    var_method: VarMethod = Field(description="estimator behind VaR and ES")
    var_horizon: VarHorizon = Field(
        description="volatility behind one-day VaR and ES: with the memory of a day, or of 11 bars of any length"
    )
    max_correlation: Annotated[float, Field(gt=0, le=1), Tighter.LOWER] = Field(
        description="correlation with any held position above which an entry is refused, or belongs to its cluster"
    )
    correlation: CorrelationRule = Field(
        description="what happens above max_correlation: the entry is refused, or shares max_cluster_fraction with its cluster"
    )
    max_cluster_fraction: Annotated[float, Field(gt=0, le=1), Tighter.LOWER] = Field(
        description="all positions of one cluster [fraction of equity]"
    )
    max_twin_correlation: Annotated[float, Field(gt=0, le=1), Tighter.LOWER] = Field(
        description="correlation above which a second position of a cluster is refused"
    )
    max_tick_bps: Annotated[float, Field(gt=0, le=1000), Tighter.LOWER] = Field(
        description="tick size of the venue relative to the price [bps]"
    )
    min_conviction: Annotated[float, Field(ge=0, le=1), Tighter.HIGHER] = Field(
        description="lowest conviction that may trade [0..1]"
    )
    stop_fraction: Annotated[float, Field(gt=0, lt=0.5)] = Field(description="smallest stop distance [fraction]")
    stop_atr_multiple: Annotated[float, Field(gt=0, le=20)] = Field(description="stop distance in ATRs [multiple]")
    max_stop_fraction: Annotated[float, Field(gt=0, lt=0.9), Tighter.LOWER] = Field(
        description="largest stop distance [fraction]"
    )
    kelly_fraction: Annotated[float, Field(gt=0, le=1), Tighter.LOWER] = Field(
        description="share of full Kelly [fraction]"
    )
    kelly_stake: KellyStake = Field(
        description="what Kelly's fraction is a part of: the notional, or the loss at the stop (with the voters' record)"
    )
    kelly_payoff: Literal["target", "even"] = Field(
        description="what Kelly's fraction assumes that a position of voters with their own exit wins: the target of `exits`, "
        "which it does not have, or as much as it loses at its stop"
    )
    record_prior: Annotated[float, Field(ge=1, le=10_000)] = Field(
        description="closed cases that the assumption before any record weighs as much as [cases]"
    )
    unproven_fraction: Annotated[float, Field(gt=0, le=1), Tighter.LOWER] | None = Field(
        description="one position of voters without a record; null for no such limit [fraction of equity]"
    )
    proven_at: Annotated[float, Field(gt=0, le=10), Tighter.HIGHER] = Field(
        description="a voter's mean outcome at which its positions may have their full size [standard errors]"
    )
    kelly_edge: Annotated[float, Field(gt=0, le=0.5), Tighter.LOWER] = Field(
        description="win probability that full conviction adds to that of a fair game [fraction]"
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        ordered = (
            ("max_position_fraction", "max_deployed_fraction", "one position cannot be larger than all of them"),
            ("stop_fraction", "max_stop_fraction", "the smallest stop distance cannot exceed the largest"),
            ("max_daily_loss", "max_drawdown", "it would never act"),
        )
        clashes: list[Clash] = [
            ((low, high), f"{low} {getattr(self, low)} is above {high} {getattr(self, high)}: {why}")
            for low, high, why in ordered
            if getattr(self, low) > getattr(self, high)
        ]
        if self.trading_hours_utc is not None and len(set(self.trading_hours_utc)) < 2:
            clashes.append((("trading_hours_utc",), NO_HOURS))
        if clashes:
            raise contradiction(clashes)
        return self


def _marks(annotation: Any) -> Iterator[Tighter]:
    """The marks in an annotation, also where it may be null."""
    for part in get_args(annotation):
        if isinstance(part, Tighter):
            yield part
        yield from _marks(part)


TIGHTENED: Mapping[str, Tighter] = MappingProxyType(
    {
        name: mark
        for name, field in RiskLimits.model_fields.items()
        for mark in (*_marks(field.annotation), *(mark for mark in field.metadata if isinstance(mark, Tighter)))
    }
)
"""The limits that a context may set, each with the direction in which it is tighter: those with that mark."""


def is_tighter(name: str, value: float, than: float | None) -> bool:
    """Whether the limit `name` is at least as tight at `value` as at `than`."""
    if than is None:
        return True
    return value <= than if TIGHTENED[name] is Tighter.LOWER else value >= than
