"""`strategies:`: the voters, each with its markets, weight and parameters."""

from typing import Literal, Self

from pydantic import Field, model_validator

from config.frozen import Frozen
from config.sections.clashes import contradiction
from config.sections.kinds import Positive


class StrategyContext(Frozen):
    """One voter: a strategy with its parameters, on these symbols."""

    strategy: Literal["ema_cross", "golden_cross", "rsi_bounce", "momentum_breakout", "own"] = Field(
        description="a built-in voter, or one of your own"
    )
    file: str | None = Field(default=None, description="Python file of a voter of your own")
    name: str | None = Field(default=None, description="its class in that file")
    symbols: tuple[str, ...] = Field(default=("*",), min_length=1, description="markets it votes on; `*` for all")
    weight: Positive = Field(default=1.0, description="its share in the netted vote")
    params: dict[str, float] = Field(default_factory=dict, description="overrides of the strategy's own parameters")

    @model_validator(mode="after")
    def _own_ones_are_found(self) -> Self:
        if (self.strategy == "own") != bool(self.file and self.name) or bool(self.file) != bool(self.name):
            raise contradiction(
                [(("strategy", "file", "name"), "`own` goes with a file and the name of a class in it")]
            )
        return self
