"""`gates:`: what a backtest must show before its strategy may trade on paper."""

from typing import Annotated

from pydantic import Field

from config.frozen import Frozen


class GateSettings(Frozen):
    """What a backtest must show before its strategy may trade on paper."""

    min_sharpe: Annotated[float, Field(ge=0, le=20)] = Field(description="annual Sharpe ratio to be above")
    max_drawdown: Annotated[float, Field(gt=0, le=1)] = Field(description="deepest drawdown to be below [fraction]")
    min_trades: Annotated[int, Field(ge=0, le=1_000_000)] = Field(description="closed trades to be above [trades]")
