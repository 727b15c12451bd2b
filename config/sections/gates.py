"""`gates:` and `live:`: what must be proven before a strategy trades on paper, and how real money begins."""

from typing import Annotated

from pydantic import Field

from config.frozen import Frozen
from config.sections.kinds import Money


class GateSettings(Frozen):
    """The results that a backtest needs before its strategy may trade on paper."""

    min_sharpe: Annotated[float, Field(ge=0, le=20)] = Field(
        description="annual Sharpe ratio that a strategy must exceed"
    )
    max_drawdown: Annotated[float, Field(gt=0, le=1)] = Field(
        description="maximum drawdown must be below this [fraction]"
    )
    min_trades: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        description="number of closed trades that a strategy must exceed [trades]"
    )


class LiveSettings(Frozen):
    """Real money: how much of it, and when the ramp falls. It has no meaning for other worlds."""

    capital: Money = Field(
        description="how much real money may be used; a quarter of it at first, and each further quarter is typed a week after "
        "the last change [quote]"
    )
    ramp_drawdown: Annotated[float, Field(gt=0, le=1)] = Field(
        description="fall of equity below its peak at a quarter, at which the ramp falls by one [fraction]"
    )
    ramp_trades: Annotated[int, Field(ge=2, le=100_000)] = Field(
        description="closed trades at a quarter from which on their mean return is judged [trades]"
    )
    ramp_errors: Annotated[float, Field(ge=0, le=10)] = Field(
        description="how far below zero that mean must be for the ramp to fall by one quarter [standard errors]"
    )
    key_backup: str | None = Field(
        default=None, description="file with your copy of the journal key, on another disk; null: not named yet"
    )
