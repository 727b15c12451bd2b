"""The charts of the report as plotly figures in plain dictionaries: account, exposure with its limits, and candles.

Colours are names of CSS variables that the page defines, so that one figure works on light and dark screens. Numbers
are base64 typed arrays. More than `POINTS_SHOWN` bars are grouped for display, and the figure says so: prices as
longer candles, levels by their last value, risks by their highest value. Missing bars stay gaps.
"""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ops.story.executions import Execution
from ops.story.performance import hold_curve
from ops.story.story import Floats, Story, SymbolColumns
from ops.tables.plain import PURPOSES, moment, price, quantity, signed_money
from risk.breakers import BreakerEvent

POINTS_SHOWN = 4000

Figure = dict[str, Any]

_MARKS = {
    "entry": ("triangle-up", "--gain"),
    "take_profit": ("star", "--target"),
    "trailing_stop": ("diamond", "--target"),
    "stop_loss": ("x", "--loss"),
    "strategy_exit": ("triangle-down", "--ink"),
    "outage_exit": ("triangle-down", "--loss"),
    "trim": ("triangle-down-open", "--ink"),
    "horizon_exit": ("hourglass", "--ink"),
    "liquidation": ("x-thin-open", "--loss"),
}

_SHORT_ENTRY = ("triangle-down", "--loss")


class Grouping(NamedTuple):
    """Bars that are grouped for display: the first bar of each group, and the number of bars in a group."""

    starts: npt.NDArray[np.int64]
    size: int
    bars: int

    def last(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the last value of each group, shape (n_groups,), [unit of `values`], shape (n_bars,)."""
        ends = np.append(self.starts[1:], self.bars) - 1
        return np.asarray(values[ends])

    def worst(self, values: Floats) -> Floats:
        """Return the highest value of each group, shape (n_groups,), [unit of `values`], shape (n_bars,),
        float64.
        """
        return np.asarray(np.fmax.reduceat(values, self.starts))


def grouping(bars: int) -> Grouping:
    """Return groups of equal size, at most `POINTS_SHOWN`."""
    size = max(1, -(-bars // POINTS_SHOWN))
    return Grouping(np.arange(0, bars, size, dtype=np.int64), size, bars)


def account_figure(story: Story) -> Figure:
    """Return equity [quote], drawdown, and return beside buy and hold; periods in which a breaker blocks new risk are
    shaded.
    """
    columns, groups = story.columns, grouping(len(story.columns.close_ms))
    start = float(story.ledger.starting_cash)
    bars = ((symbol.open, symbol.close) for symbol in columns.symbols.values())
    held = hold_curve(bars, len(columns.close_ms))
    x = groups.last(columns.close_ms)
    equity = groups.last(columns.equity)
    data = [
        _line(x, equity, "equity", "--accent", "%{y:,.2f}", width=2),
        _line(x, -groups.worst(columns.drawdown), "drawdown", "--loss", "%{y:.2%}", axis="y2", fill="tozeroy"),
        _line(x, equity / start - 1.0, "return", "--accent", "%{y:+.2%}", axis="y3", width=2),
        _line(x, groups.last(held) - 1.0, "buy and hold", "--muted", "%{y:+.2%}", axis="y3", dash="dot"),
    ]
    layout = {
        "hovermode": "x unified",
        "xaxis": {"type": "date", "anchor": "y3"},
        "yaxis": {"domain": [0.56, 1], "tickformat": ",~r", "title": {"text": "equity"}},
        "yaxis2": {"domain": [0.34, 0.5], "tickformat": ".2~%", "title": {"text": "drawdown"}, "nticks": 4},
        "yaxis3": {"domain": [0, 0.28], "tickformat": "+.2~%", "title": {"text": "return"}, "nticks": 6},
        "shapes": [_shade(span) for span in breaker_spans(story.breaker_events, int(x[-1]))],
        "showlegend": False,
    }
    return {"data": data, "layout": layout}


def exposure_figure(story: Story) -> Figure:
    """Return the deployed share (and of perpetuals long less short), one-day VaR and ES, with their limits [fraction of
    equity]."""
    columns, limits = story.columns, story.session.settings.limits
    groups = grouping(len(columns.close_ms))
    x = groups.last(columns.close_ms)
    rows = (
        ("deployed", columns.deployed_fraction, limits.max_deployed_fraction, "y", [0.72, 1]),
        ("VaR, one day", columns.var_1d, limits.max_var_1d, "y2", [0.36, 0.64]),
        ("ES, one day", columns.es_1d, limits.max_es_1d, "y3", [0, 0.28]),
    )
    data: list[Figure] = []
    layout: Figure = {"hovermode": "x unified", "xaxis": {"type": "date", "anchor": "y3"}, "showlegend": False}
    both = story.session.settings.market.perpetuals is not None
    for name, values, limit, axis, domain in rows:
        if name == "deployed" and both:
            data.append(_line(x, groups.last(columns.net_fraction), "net", "--ink", "%{y:.2%}"))
        data.append(_line(x, groups.worst(values), name, "--accent", "%{y:.2%}", axis=axis, fill="tozeroy"))
        edge = np.full(2, limit)
        data.append(_line(x[[0, -1]], edge, f"limit of {name}", "--loss", "%{y:.2%}", axis=axis, dash="dash"))
        layout["yaxis" + axis[1:]] = {
            "domain": domain,
            "tickformat": ".2~%",
            "range": [-limit * 1.15 if name == "deployed" and both else 0, limit * 1.15],
            "title": {"text": name},
            "nticks": 4,
        }
    return {"data": data, "layout": layout}


def candle_figure(story: Story, symbol: str, done: Sequence[Execution]) -> Figure:
    """Return one symbol: candles, the stop level, and the executed orders."""
    bars, columns = story.columns.symbols[symbol], story.columns
    groups = grouping(len(columns.close_ms))
    bar_ms = story.session.timeframe.seconds * 1000
    opens_ms = columns.close_ms[groups.starts] - bar_ms
    candles = {
        "type": "candlestick",
        "name": symbol,
        "x": typed(opens_ms),
        "xperiod": bar_ms * groups.size,
        "xperiod0": int(opens_ms[0]),
        "xperiodalignment": "middle",
        **{name: typed(values) for name, values in _candles(bars, groups).items()},
        "increasing": {"line": {"color": "var(--gain)", "width": 1}, "fillcolor": "var(--candle-up)"},
        "decreasing": {"line": {"color": "var(--loss)", "width": 1}, "fillcolor": "var(--loss)"},
        "showlegend": False,
    }
    stop = _line(groups.last(columns.close_ms), groups.last(bars.stop), "stop level", "--loss", "%{y}", dash="dot")
    stop["line"]["shape"] = "hv"
    stop["hoverinfo"] = "skip"
    here = [item for item in done if item.symbol == symbol]
    shorts = [item for item in here if item.purpose == "entry" and item.side == "sell"]
    marks = [
        _marks(PURPOSES[purpose], look, found)
        for purpose, look in _MARKS.items()
        if (found := [item for item in here if item.purpose == purpose and item not in shorts])
    ]
    if shorts:
        marks.append(_marks("short entry", _SHORT_ENTRY, shorts))
    layout = {
        "hovermode": "closest",
        "xaxis": {"type": "date", "rangeslider": {"visible": False}},
        "yaxis": {"tickformat": ",~g"},
    }
    return {"data": [candles, stop, *marks], "layout": layout}


def breaker_spans(events: Sequence[BreakerEvent], end_ms: int) -> tuple[tuple[int, int, str], ...]:
    """Return the periods in which each breaker blocked new risk [ms since the epoch, UTC]; a breaker that never
    lifted lasts to the end.
    """
    since: dict[str, int] = {}
    spans: list[tuple[int, int, str]] = []
    for event in events:
        at_ms = int(event.at_utc.timestamp() * 1000)
        if event.action == "lifted" and event.breaker in since:
            spans.append((since.pop(event.breaker), at_ms, event.breaker))
        elif event.action == "tripped":
            since.setdefault(event.breaker, at_ms)
    spans.extend((at_ms, end_ms, breaker) for breaker, at_ms in since.items())
    return tuple(sorted(spans))


def typed(values: npt.NDArray[Any]) -> dict[str, str]:
    """Return numbers in the fastest form for plotly: little-endian doubles in base64. `values` has shape (n_values,),
    any unit [any].
    """
    return {"dtype": "f8", "bdata": b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode()}


def _candles(bars: SymbolColumns, groups: Grouping) -> dict[str, Floats]:
    """Return open, high, low and close of each group [quote]; NaN if a group has no bar."""
    if groups.size == 1:
        return {"open": bars.open, "high": bars.high, "low": bars.low, "close": bars.close}
    known = np.isfinite(bars.close)
    order = np.arange(groups.bars)
    first = np.minimum.reduceat(np.where(known, order, groups.bars), groups.starts)
    last = np.maximum.reduceat(np.where(known, order, -1), groups.starts)
    some = last >= 0
    return {
        "open": np.where(some, bars.open[np.minimum(first, groups.bars - 1)], np.nan),
        "high": np.asarray(np.fmax.reduceat(bars.high, groups.starts)),
        "low": np.asarray(np.fmin.reduceat(bars.low, groups.starts)),
        "close": np.where(some, bars.close[last], np.nan),
    }


def _line(
    x: npt.NDArray[Any],
    y: Floats,
    name: str,
    color: str,
    hover: str,
    *,
    axis: str = "y",
    dash: str = "solid",
    width: float = 1.2,
    fill: str = "none",
) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": typed(x),
        "y": typed(y),
        "yaxis": axis,
        "line": {"color": f"var({color})", "dash": dash, "width": width},
        "fill": fill,
        "fillcolor": f"var({color}-soft)",
        "hovertemplate": hover,
    }


def _marks(name: str, look: tuple[str, str], done: list[Execution]) -> Figure:
    shape, color = look
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [int(item.at_utc.timestamp() * 1000) for item in done],
        "y": [float(item.price) for item in done],
        "marker": {
            "symbol": shape,
            "size": 11 if len(done) < 40 else 8,
            "color": f"var({color})",
            "line": {"width": 1, "color": "var(--surface)"},
        },
        "text": [_told(item) for item in done],
        "customdata": [item.trip.decision_id if item.trip else item.decision_id for item in done],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _told(item: Execution) -> str:
    """Return the text that a marker shows under the pointer."""
    made = f"<br>net result of the trade {signed_money(item.trip.trade.pnl)}" if item.trip else "<br>still open"
    what = "bought" if item.side == "buy" else "sold"
    return (
        f"<b>{PURPOSES[item.purpose]}</b> {moment(item.at_utc)}<br>{what} {quantity(item.quantity)} at "
        f"{price(item.price)}{made}<br>{escape(item.decision_id)}"
    )


def _shade(span: tuple[int, int, str]) -> Figure:
    start_ms, end_ms, breaker = span
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": start_ms,
        "x1": end_ms,
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"width": 0},
        "fillcolor": "var(--halt-soft)" if breaker == "drawdown" else "var(--shade)",
    }
