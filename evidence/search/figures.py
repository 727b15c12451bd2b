"""What a parameter set did in the fast engine: return, drawdown, trades, profit factor, and a mark of its fills.

Trades run from flat to flat in one market and are counted when they close, as in the full engine. Two sets with the same mark
made the same fills: they differ in nothing that mattered on these bars.
"""

import hashlib
from collections.abc import Sequence

import numpy as np

from config.frozen import Frozen
from execution.kernel.lanes.result import KernelResult
from risk.measures.drawdown import max_drawdown


class Figures(Frozen):
    """Return and drawdown as fractions; `profit_factor` is None without a loss. `fills` is a SHA-256 of all fills."""

    total_return: float
    max_drawdown: float
    trades: int
    profit_factor: float | None
    fills: str


def figures_of(result: KernelResult, starting_cash: float, steps: Sequence[float]) -> Figures:
    """The figures of a run of the fast engine.

    `starting_cash` [quote]; `steps`: the value of one tick of one lot by market [quote], in the order of the result's symbols.
    """
    results = trade_results(result, steps)
    gained, lost = sum(pnl for pnl in results if pnl > 0.0), -sum(pnl for pnl in results if pnl < 0.0)
    wealth = np.concatenate(([starting_cash], result.equity))
    return Figures(
        total_return=float(wealth[-1] / starting_cash - 1.0),
        max_drawdown=max_drawdown(wealth),
        trades=len(results),
        profit_factor=gained / lost if lost else None,
        fills=hashlib.sha256(result.fills.tobytes()).hexdigest(),
    )


def trade_results(result: KernelResult, steps: Sequence[float]) -> list[float]:
    """The result of each closed trade after fees [quote], in the order in which they were closed. `steps` as in `figures_of`."""
    fills = result.fills
    columns = (fills[name].tolist() for name in ("symbol", "buys", "lots", "ticks", "fee"))
    held, worth, fees = [0] * len(steps), [0] * len(steps), [0.0] * len(steps)
    closed: list[float] = []
    for symbol, buys, lots, ticks, fee in zip(*columns, strict=True):
        held[symbol] += lots if buys else -lots
        worth[symbol] += -lots * ticks if buys else lots * ticks
        fees[symbol] += fee
        if not held[symbol]:
            closed.append(worth[symbol] * steps[symbol] - fees[symbol])
            worth[symbol], fees[symbol] = 0, 0.0
    return closed
