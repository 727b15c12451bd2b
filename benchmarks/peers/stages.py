"""The signals alone, stage by stage, in our engine and in vectorbt, both warm, in one process and in turn.

    engine    ready columns and ready signals in; fills and the equity of each bar out
    prices    the same, with the three indicators and the signals made first
    figures   the same, and at the end return, largest drawdown, trades closed and profit factor

Ours gets open, high, low, close, volume and times, lays them out, checks them, and runs gate, order book and exits, none of which
acts. vectorbt gets close, the signals and, ready made, the price of each fill, which it needs to make our fills: the work behind
those prices is not counted.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from evidence.search.figures import figures_of
from execution.kernel.engine import simulate
from execution.kernel.lanes.result import KernelResult
from execution.kernel.records import Floats
from peers.alone import ALONE, late_signals, ours_alone, prices_alone, rules_alone, votes_alone
from peers.others import fills_of_vectorbt, of_vectorbt_alone
from peers.strategy import grid, our_fills

Stages = dict[str, tuple[Callable[[], Any], Callable[[], Any]]]
"""Each stage in our engine, and in vectorbt."""
STEP = 0.01
"""What one tick of one coin is worth [quote]."""


def stages(bars: Floats) -> Stages:
    """Return what is run in each stage. Raises ImportError without vectorbt."""
    import pandas as pd

    votes, rules, close = votes_alone(bars), rules_alone(), pd.Series(bars[3])
    late = late_signals(bars)
    price, ready = prices_alone(bars, late[0]), [pd.Series(side) for side in late]

    def theirs() -> Any:
        return of_vectorbt_alone([pd.Series(side) for side in late_signals(bars)], close, price)

    return {
        "engine": (lambda: simulate(grid(bars), votes, rules), lambda: of_vectorbt_alone(ready, close, price)),
        "prices": (lambda: ours_alone(bars), theirs),
        "figures": (lambda: our_figures(ours_alone(bars)), lambda: their_figures(theirs())),
    }


def our_figures(made: KernelResult) -> tuple[float, float, int, float | None]:
    """Return total return, largest drawdown [fractions], trades closed [count] and profit factor."""
    found = figures_of(made, float(ALONE.venue.starting_cash), [STEP])
    return found.total_return, found.max_drawdown, found.trades, found.profit_factor


def their_figures(made: Any) -> tuple[float, float, int, float]:
    """Return the same figures of a portfolio of vectorbt."""
    closed = made.trades.closed
    return float(made.total_return()), -float(made.max_drawdown()), int(closed.count()), float(closed.profit_factor())


def both_fills(bars: Floats, run: Stages) -> tuple[list[Any], list[Any]]:
    """Return our fills and those of vectorbt."""
    ours, theirs = run["engine"]
    return our_fills(ours(), Decimal(1)), fills_of_vectorbt(theirs())
