"""The fast engine: one account on recorded bars, compiled. It does what the full engine does, bar for bar and fill for fill.

It is given what was said at each bar close (direction, conviction, what the court left of the size, ATR) and does the rest:
entries from the next bar's book, stop, target and trailing stop, exits, fees, and the whole gate with VaR, ES, correlation and
breakers. Prices are whole ticks and quantities whole lots, so fills are the same to the digit; `test_kernel_parity.py` holds both
engines against each other.

It has no journal, asks no model and explains nothing: what a sweep finds is run through the full engine before it is believed. It
refuses what it cannot reproduce (see `kernel_rules`), and votes that are none.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from config.errors import DataFault
from execution.kernel import records as w
from execution.kernel.grid import Grid
from execution.kernel.records import Flags, Floats, Ints, Records
from execution.kernel.rules import Rules

P = TypeVar("P")
R = TypeVar("R")

_FIRST_FILLS = 4096
_MOST_TRADES = 16
"""Attempts that the orders of one symbol can make on one bar, each at every level: four at the open, three a sweep."""


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """What is said at each bar close, all of shape (n_bars, n_symbols); heard only where the bar is believed.

    `direction` 1 proposes a purchase, -1 closes what is held, 0 says nothing. `conviction` and `scale` in [0, 1]: the netted
    vote, and what court and policy left of the size. `atr` in quote units, NaN where unknown.
    """

    direction: Flags
    conviction: Floats
    scale: Floats
    atr: Floats


@dataclass(frozen=True, slots=True, eq=False)
class KernelResult:
    """What a run came to.

    `equity` (n_bars,): at each bar close from the session's first on, in quote units. `fills` (n_fills,), in order: records of
    `kernel_words.FILL`, their bars counted like `equity`. `refused` counts proposals by the first rule that refused them; the
    others of `proposed` were `signed`.
    """

    symbols: tuple[str, ...]
    equity: Floats
    fills: Records
    refused: dict[str, int]
    proposed: int
    signed: int


def simulate(grid: Grid, votes: Votes, rules: Rules) -> KernelResult:
    """Run one account over a grid. Raises DataFault for votes of another shape, or out of their ranges."""
    from execution.kernel.loop import advance

    says = _checked(grid, votes)
    if len(rules.markets) != len(grid.symbols):
        raise DataFault(
            f"There are rules for {len(rules.markets)} markets and bars of {len(grid.symbols)}. Nothing was run: give both "
            "for the same."
        )
    state, at = _fresh(grid, rules), grid.first
    room = _MOST_TRADES * len(grid.symbols) * int(rules.markets[0]["levels"])
    while (at := advance(grid.columns, *rules, says, state, at, room)) < len(grid):
        more = np.zeros(len(state.fills) + room, dtype=w.FILL)
        state = state._replace(fills=np.concatenate((state.fills, more)))
    return _result(grid, state)


def sweep(
    grid: Grid,
    sets: Iterable[P],
    prepare: Callable[[P], tuple[Votes, Rules]],
    digest: Callable[[P, KernelResult], R],
    workers: int = 1,
) -> Iterator[R]:
    """Run many parameter sets on one grid, `workers` at a time; yields what `digest` makes of each, in order.

    Threads suffice: the compiled part runs without the interpreter's lock. Results are dropped once digested.
    """

    def run(parameters: P) -> R:
        votes, rules = prepare(parameters)
        return digest(parameters, simulate(grid, votes, rules))

    with ThreadPoolExecutor(max_workers=workers) as pool:
        yield from pool.map(run, sets)


class _State(NamedTuple):
    """What the compiled loop changes; `equity` (n,), `paper` (4, window) and `docket` (k,) are written before they are read."""

    account: Records
    places: Records
    paper: Floats
    docket: Ints
    fills: Records
    equity: Floats


def _checked(grid: Grid, votes: Votes) -> Records:
    shape = grid.columns.bars.shape
    given: dict[str, Flags | Floats] = {
        "direction": votes.direction,
        "conviction": votes.conviction,
        "scale": votes.scale,
        "atr": votes.atr,
    }
    if any(column.shape != shape for column in given.values()):
        raise DataFault(
            f"Votes have shapes {[c.shape for c in given.values()]}, where {shape} belongs. Nothing was run."
        )
    within = all(bool(((part >= 0.0) & (part <= 1.0)).all()) for part in (votes.conviction, votes.scale))
    if not within or bool((abs(votes.direction) > 1).any()) or bool(((votes.atr < 0) | np.isinf(votes.atr)).any()):
        raise DataFault(
            "A vote is out of range: directions are -1, 0 or 1, convictions and scales lie in [0, 1], and an ATR is positive, or "
            "NaN where unknown. Nothing was run."
        )
    says = np.empty(shape, dtype=w.SAY)
    for name, column in given.items():
        says[name] = column
    return says


def _fresh(grid: Grid, rules: Rules) -> _State:
    k, limits = len(grid.symbols), rules.limits[0]
    account, places = np.zeros(1, dtype=w.ACCOUNT), np.zeros(k, dtype=w.PLACE)
    account["cash"] = limits["cash"]
    account["cash_quote"] = account["peak"] = account["day_start"] = account["week_start"] = limits["starting_cash"]
    account["day"] = grid.start_us // 86_400_000_000
    account["week"] = (account["day"] + w.MONDAY_TO_THURSDAY) // w.DAYS_A_WEEK
    places["symbol"] = np.arange(k)
    return _State(
        account=account,
        places=places,
        paper=np.empty((4, int(limits["window"])), dtype=np.float64),
        docket=np.zeros(k, dtype=np.int64),
        fills=np.zeros(_FIRST_FILLS, dtype=w.FILL),
        equity=np.empty(len(grid), dtype=np.float64),
    )


def _result(grid: Grid, state: _State) -> KernelResult:
    account = state.account[0]
    fills = state.fills[: int(account["fills"])].copy()
    fills["bar"] -= grid.first
    return KernelResult(
        symbols=grid.symbols,
        equity=state.equity[grid.first :],
        fills=fills,
        refused={code: int(number) for code, number in zip(w.RULES, account["refused"], strict=True) if number},
        proposed=int(account["proposed"]),
        signed=int(account["signed"]),
    )
