"""`gates:`: the results that a backtest needs before its strategy may trade on paper."""

from typing import Annotated

from pydantic import Field

from config.frozen import Frozen


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
