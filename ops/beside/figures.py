"""The differences between two runs on the same bars, a pair at a time, with their intervals.

A difference is the run's own figure less that of the simulated exchange. Its interval is that of a mean of pairs by the block
bootstrap: what was decided at one close depends on the same market, so a block is as long as the most pairs of one close. Fewer
than five pairs have no interval.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

import numpy as np

from config.frozen import Frozen
from config.seeds import generator
from evidence.statistics.totals import total_interval
from ops.beside.orders import Closed, Sent, closed, sent_at_market
from ops.story.story import Story

LEAST_PAIRS = 5
"""With fewer pairs a bootstrap draws the same few again and again, and its interval is too narrow to be told."""

Kind = TypeVar("Kind")
Name = TypeVar("Name")


class Figure(Frozen):
    """One measure of all pairs: both means, the mean difference, and its 95 % interval; None for what is not known."""

    name: str
    unit: str
    pairs: int
    run: float | None
    backtest: float | None
    difference: float | None
    low: float | None = None
    high: float | None = None


class Count(Frozen):
    """How many there are in both runs, in the run alone, and in the backtest alone."""

    what: str
    both: int
    run_alone: tuple[str, ...]
    backtest_alone: tuple[str, ...]


class Beside(Frozen):
    """A run beside its backtest. Equities and fees [quote]; `exchange`: where the run has traded, None for the simulated one."""

    run: str
    exchange: str | None
    bars: int
    quote: str
    figures: tuple[Figure, ...]
    counts: tuple[Count, ...]
    fills: tuple[int, int]
    fees: tuple[float, float]
    equity: tuple[float, float]


class _Pair(NamedTuple):
    """The values of a measure in both runs, and the moment of its decision."""

    at: datetime
    run: float
    backtest: float


def beside(run: Story, backtest: Story) -> Beside:
    """Compare a run with its backtest."""
    seed = run.session.settings.seed
    orders = sent_at_market(run), sent_at_market(backtest)
    trades = closed(run.trades), closed(backtest.trades)
    venue, quote = run.session.settings.venue, run.session.instruments[run.session.symbols[0]].quote
    figures = (
        ("orders filled", "%", _pairs(*orders, _moment, lambda each: each.filled * 100.0)),
        ("slippage", "bps", _pairs(*orders, _moment, lambda each: each.slippage_bps)),
        ("latency", "s", _pairs(*orders, _moment, lambda each: each.latency_s)),
        ("P/L a trade", "bps", _pairs(*trades, _opened, lambda each: each.pnl_bps)),
        ("P/L a trade", quote, _pairs(*trades, _opened, lambda each: each.pnl)),
    )
    return Beside(
        run=run.run,
        exchange=(" and ".join(venue.members) or venue.exchange) if venue.is_real else None,
        bars=len(run.columns.close_ms),
        quote=quote,
        figures=tuple(_figure(name, unit, pairs, seed) for name, unit, pairs in figures),
        counts=(
            _count("orders at market", *({_order_name(one): one for one in each.values()} for each in orders)),
            _count("closed trades", *trades),
        ),
        fills=(len(run.fills), len(backtest.fills)),
        fees=(float(run.ledger.fees), float(backtest.ledger.fees)),
        equity=(float(run.ledger.equity), float(backtest.ledger.equity)),
    )


def _pairs(
    run: Mapping[Name, Kind],
    backtest: Mapping[Name, Kind],
    at: Callable[[Kind], datetime],
    measure: Callable[[Kind], float | None],
) -> list[_Pair]:
    """The values of a measure that both runs have, in order of time."""
    found = []
    for key, own in run.items():
        other = backtest.get(key)
        if other is None:
            continue
        one, two = measure(own), measure(other)
        if one is not None and two is not None:
            found.append(_Pair(at(own), one, two))
    return sorted(found, key=lambda pair: pair.at)


def _figure(name: str, unit: str, pairs: list[_Pair], seed: int) -> Figure:
    if not pairs:
        return Figure(name=name, unit=unit, pairs=0, run=None, backtest=None, difference=None)
    run, backtest = np.array([pair.run for pair in pairs]), np.array([pair.backtest for pair in pairs])
    apart = run - backtest
    figure = Figure(
        name=name, unit=unit, pairs=len(pairs), run=float(run.mean()), backtest=float(backtest.mean()),
        difference=float(apart.mean()),
    )  # fmt: skip
    if len(pairs) < LEAST_PAIRS:
        return figure
    block = max(Counter(pair.at for pair in pairs).values())
    found = total_interval(apart / len(apart), block, generator(seed, "beside", name, unit))
    return figure.model_copy(update={"low": found.low, "high": found.high})


def _count(what: str, run: Mapping[str, object], backtest: Mapping[str, object]) -> Count:
    return Count(
        what=what,
        both=len(run.keys() & backtest.keys()),
        run_alone=tuple(sorted(run.keys() - backtest.keys())),
        backtest_alone=tuple(sorted(backtest.keys() - run.keys())),
    )


def _order_name(sent: Sent) -> str:
    order = sent.order
    return f"{order.created_utc:%Y%m%dT%H%M%S}-{order.symbol.replace('/', '')}-{order.purpose}"


def _moment(sent: Sent) -> datetime:
    return sent.order.created_utc


def _opened(trade: Closed) -> datetime:
    return trade.entry_utc
