"""`strategies:`: the voters, each with its markets, weight and parameters."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from config.frozen import Frozen
from config.sections.clashes import contradiction
from config.sections.kinds import OneOf, Positive

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
    "trend_ensemble": "agents.strategies.positions.ensemble:TrendEnsemble",
    "cross_momentum": "agents.strategies.positions.cross:CrossMomentum",
}
"""Each built-in strategy once: its name in a profile, and its class."""
OWN = "own"
"""The name of a strategy out of the user's own file."""


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

    @model_validator(mode="after")
    def _own_ones_are_found(self) -> Self:
        if (self.strategy == OWN) != bool(self.file and self.name) or bool(self.file) != bool(self.name):
            raise contradiction(
                [(("strategy", "file", "name"), "`own` goes with a file and the name of a class in it")]
            )
        return self
