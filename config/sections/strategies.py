"""`strategies:`: the voters. Each is a context: a strategy with its markets, weight and parameters, and with rules of its own.

What a context does not set falls back to the profile. It can only tighten the hard limits of the profile: a looser value is
refused (`loosened`).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, create_model, model_validator

from config.frozen import Frozen, absent
from config.sections.clashes import Clash, contradiction
from config.sections.exits import ExitSettings
from config.sections.kinds import OneOf, Positive
from config.sections.limits import NO_HOURS, TIGHTENED, RiskLimits, TradingHours, hours_open, is_tighter

STRATEGIES = {
    "ema_cross": "agents.strategies.trend:EmaCross",
    "golden_cross": "agents.strategies.trend:GoldenCross",
    "rsi_bounce": "agents.strategies.reversal:RsiBounce",
    "momentum_breakout": "agents.strategies.trend:MomentumBreakout",
    "squeeze_breakout": "agents.strategies.breakout:SqueezeBreakout",
    "donchian_trend": "agents.strategies.breakout:DonchianTrend",
    "trend_breakout": "agents.strategies.filtered.breakout:TrendBreakout",
    "ema_adx": "agents.strategies.filtered.ema:EmaAdx",
    "macro_trend": "agents.strategies.filtered.macro:MacroTrend",
    "range_bounce": "agents.strategies.filtered.bounce:RangeBounce",
    "calm_squeeze": "agents.strategies.filtered.squeeze:CalmSqueeze",
    "funding_extreme": "agents.strategies.informed.funding:FundingExtreme",
    "news_sentiment": "agents.strategies.informed.news:NewsSentiment",
    "onchain_flow": "agents.strategies.informed.flow:OnchainFlow",
    "odds_divergence": "agents.strategies.informed.odds:OddsDivergence",
    "outside": "agents.strategies.informed.outside:Outside",
    "trend_ensemble": "agents.strategies.positions.ensemble:TrendEnsemble",
    "cross_momentum": "agents.strategies.positions.cross:CrossMomentum",
}
"""Each built-in strategy once: its name in a profile, and its class."""
OWN = "own"
"""The name of a strategy out of the user's own file."""
OUTSIDE = "outside"
"""The name of the strategy that votes what a word has proposed."""
PROMPT_CAP = 500
"""Longest instruction of a context to the models [characters]."""


def _own(model: type[Frozen], name: str) -> tuple[Any, Any]:
    """The same setting, which may be left out."""
    field = model.model_fields[name]
    kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    return kind | None, Field(default=None, exclude_if=absent, description=field.description)


if TYPE_CHECKING:

    class ContextLimits(Frozen):
        """Limits of a context's own, tighter than those of the profile."""

    class ContextExits(Frozen):
        """Exits of a context's own."""

else:
    ContextLimits = create_model(
        "ContextLimits",
        __base__=Frozen,
        __module__=__name__,
        __doc__="Limits of a context's own, tighter than those of the profile.",
        **{name: _own(RiskLimits, name) for name in TIGHTENED},
    )
    ContextExits = create_model(
        "ContextExits",
        __base__=Frozen,
        __module__=__name__,
        __doc__="Exits of a context's own.",
        **{name: _own(ExitSettings, name) for name in ExitSettings.model_fields},
    )


class StrategyContext(Frozen):
    """One voter: a strategy with its parameters, on these symbols."""

    strategy: Annotated[str, OneOf({**STRATEGIES, OWN: ""})] = Field(
        description="a built-in strategy, or one of your own"
    )
    file: str | None = Field(default=None, description="Python file of your own strategy")
    name: str | None = Field(default=None, description="name of the strategy class in that file")
    symbols: tuple[str, ...] = Field(default=("*",), min_length=1, description="markets it votes on; `*` for all")
    weight: Positive = Field(default=1.0, description="its share in the netted vote")
    params: dict[str, float] = Field(default_factory=dict, description="overrides of the strategy's own parameters")
    enabled: bool | None = Field(default=None, exclude_if=absent, description="false: it is not asked; null is true")
    trading_hours_utc: TradingHours | None = Field(
        default=None,
        exclude_if=absent,
        description="first and last hour in which its purchases are allowed, as in `limits`; it may always close [hours, UTC]",
    )
    max_positions: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None,
        exclude_if=absent,
        description="positions and entries under way for which it has voted, at one time [positions]",
    )
    limits: ContextLimits | None = Field(
        default=None,
        exclude_if=absent,
        description="limits for its purchases, none looser than that of the same name in `limits`",
    )
    exits: ContextExits | None = Field(
        default=None, exclude_if=absent, description="exits of the positions that it opens, instead of those in `exits`"
    )
    horizon_bars: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None,
        exclude_if=absent,
        description="how long its purchases are meant to be held, instead of what the strategy itself says; `exits.horizon` acts "
        "on it [bars]",
    )
    sides: Literal["long", "both"] | None = Field(
        default=None,
        exclude_if=absent,
        description="both: on perpetuals its votes for short open positions; null is long: they only close what is held",
    )
    prompt: Annotated[str, Field(min_length=1, max_length=PROMPT_CAP)] | None = Field(
        default=None,
        exclude_if=absent,
        description="what models in the court are told about its cases [characters]",
    )

    @property
    def voter(self) -> str:
        """Its name, where no other context has the same one."""
        return self.name or self.strategy

    @property
    def is_on(self) -> bool:
        return self.enabled is not False

    @model_validator(mode="after")
    def _own_ones_are_found(self) -> Self:
        if (self.strategy == OWN) != bool(self.file and self.name) or bool(self.file) != bool(self.name):
            raise contradiction(
                [(("strategy", "file", "name"), "`own` goes with a file and the name of a class in it")]
            )
        if self.trading_hours_utc is not None and len(set(self.trading_hours_utc)) < 2:
            raise contradiction([(("trading_hours_utc",), NO_HOURS)])
        return self


def names_of(entries: tuple[StrategyContext, ...]) -> tuple[str, ...]:
    """The names of the voters of a profile, those that are switched off included; several of one name get a number."""
    names = [entry.voter for entry in entries]
    return tuple(f"{name}#{index}" if names.count(name) > 1 else name for index, name in enumerate(names))


def set_values(own: ContextLimits | ContextExits | None) -> dict[str, Any]:
    """What a context sets of its own, by name."""
    return {} if own is None else {name: value for name, value in own if value is not None}


def loosened(entries: tuple[StrategyContext, ...], limits: RiskLimits) -> Iterator[Clash]:
    """What contexts set looser than the profile's limits, with its place, as faults of the whole profile."""
    for index, entry in enumerate(entries):
        place = f"strategies.{index}"
        for name, value in set_values(entry.limits).items():
            ours = getattr(limits, name)
            if not is_tighter(name, value, ours):
                yield _looser(f"{place}.limits.{name}", f"limits.{name}", value, ours)
        if limits.max_positions is not None and (entry.max_positions or 0) > limits.max_positions:
            yield _looser(f"{place}.max_positions", "limits.max_positions", entry.max_positions, limits.max_positions)
        hours, ours = entry.trading_hours_utc, limits.trading_hours_utc
        if hours is not None and ours is not None and not hours_open(hours) <= hours_open(ours):
            yield _looser(f"{place}.trading_hours_utc", "limits.trading_hours_utc", list(hours), list(ours))


def _looser(place: str, limit: str, value: object, ours: object) -> Clash:
    why = f"{value} is looser than {limit} of the profile, which is {ours}: a context may only tighten a limit"
    return (place, limit), why
