"""Exceedances of VaR over time, on one page: a correct model stays inside the grey band; a rising line means that VaR
is too small.

The page is self-contained: plotly.js is inside and nothing is loaded.
"""

import math
from collections.abc import Sequence
from typing import Any

from config.clock import from_ms
from evidence.riskmodel.estimator_tests import Cell, EstimatorTest

_COLOURS = ("#9aa3ad", "#7b3fa0", "#c2b200", "#00a3a3", "#0b5cad", "#8a5a2b", "#2f8f4e", "#c9510c")
_POINTS = 200
_WIDTH_PX, _HEIGHT_PX = 460, 300
_NOTE = (
    "Exceedances of VaR so far, minus the expected number. Grey: range of 95 % of correct models. A line that "
    "climbs is a VaR too small; a step is a cluster; one that leaves its chart is far off."
)


def exceedance_page(tests: Sequence[EstimatorTest]) -> str:
    """Return all tests as one HTML page: a row for each horizon and confidence, a column for each symbol. The same
    tests give the same text.
    """
    from plotly.io import to_html

    return str(
        to_html(
            _figure(tests),
            include_plotlyjs=True,
            full_html=True,
            validate=False,
            div_id="exceedances",
            config={"displaylogo": False},
        )
    )


def _figure(tests: Sequence[EstimatorTest]) -> dict[str, Any]:
    rows = list(dict.fromkeys((test.cell.horizon, test.cell.confidence) for test in tests))
    rows.sort(key=lambda row: row[0] == "day")
    columns = list(dict.fromkeys(test.cell.symbol for test in tests))
    methods = list(dict.fromkeys(test.cell.method for test in tests))
    data: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "title": {"text": f"The risk model, out of sample<br><sup>{_NOTE}</sup>"},
        "width": len(columns) * _WIDTH_PX + 60, "height": len(rows) * _HEIGHT_PX + 190,
        "template": {}, "plot_bgcolor": "#ffffff", "annotations": titles,
        "legend": {"orientation": "h", "y": -0.06}, "margin": {"t": 110, "l": 60, "r": 20},
    }  # fmt: skip
    for down, row in enumerate(rows):
        for across, symbol in enumerate(columns):
            tag = "" if not data else str(down * len(columns) + across + 1)
            own = [test for test in tests if (test.cell.horizon, test.cell.confidence) == row]
            own = [test for test in own if test.cell.symbol == symbol]
            if not own:
                continue
            x, y = _span(across, len(columns)), _span(len(rows) - 1 - down, len(rows))
            layout[f"xaxis{tag}"] = {"domain": x, "anchor": f"y{tag}", "gridcolor": "#eef0f2", "type": "date"}
            layout[f"yaxis{tag}"] = {"domain": y, "anchor": f"x{tag}", "gridcolor": "#e6e8ea", "range": _reach(own)}
            titles.append(_title(own[0].cell, sum(x) / 2, y[1]))
            axes = {"xaxis": f"x{tag}", "yaxis": f"y{tag}"}
            data += [trace | axes for trace in _band(own[0])]
            data += [_line(test, methods, not tag) | axes for test in own]
    return {"data": data, "layout": layout}


def _title(cell: Cell, x: float, y: float) -> dict[str, Any]:
    horizon = "one day" if cell.horizon == "day" else f"one bar of {cell.horizon}"
    return {
        "text": f"<b>{cell.symbol}</b>, {horizon}, {cell.confidence:.4g}: {cell.expected:,.0f} expected",
        "x": x, "y": y, "xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "bottom", "showarrow": False,
    }  # fmt: skip


def _line(test: EstimatorTest, methods: Sequence[str], named: bool) -> dict[str, Any]:
    """Return the exceedances so far minus the expected number, at evenly spaced times."""
    cell, moments = test.cell, _moments(test)
    so_far = [int((test.exceeded_ms <= moment).sum()) for moment in moments]
    due = [cell.expected * part / _POINTS for part in range(_POINTS + 1)]
    return {
        "type": "scatter", "mode": "lines", "name": cell.method, "legendgroup": cell.method, "showlegend": named,
        "x": [_day(moment) for moment in moments],
        "y": [round(found - right, 2) for found, right in zip(so_far, due, strict=True)],
        "line": {"color": _COLOURS[methods.index(cell.method) % len(_COLOURS)], "width": 1.6},
    }  # fmt: skip


def _band(test: EstimatorTest) -> list[dict[str, Any]]:
    """Return the range of 95 % of correct models at each time: 1.96 binomial standard deviations about 0."""
    cell, moments = test.cell, _moments(test)
    spread = [1.96 * math.sqrt(cell.expected * part / _POINTS * cell.confidence) for part in range(_POINTS + 1)]
    shared = {
        "type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False,
        "x": [_day(moment) for moment in moments],
    }  # fmt: skip
    return [
        shared | {"y": [-round(width, 2) for width in spread]},
        shared | {"y": [round(width, 2) for width in spread], "fill": "tonexty", "fillcolor": "#e3e6ea"},
    ]


def _reach(tests: Sequence[EstimatorTest]) -> list[float]:
    """Return the range of the axis: up to the lines, but at most six bands, so that one bad model does not flatten
    the others.
    """
    cell = tests[0].cell
    most = 6 * 1.96 * math.sqrt(cell.expected * cell.confidence)
    ends = [test.cell.exceeded - test.cell.expected for test in tests]
    return [max(-most, min(*ends, -most / 6) * 1.15), min(most, max(*ends, most / 6) * 1.15)]


def _moments(test: EstimatorTest) -> list[int]:
    reach = test.to_ms - test.from_ms
    return [test.from_ms + reach * part // _POINTS for part in range(_POINTS + 1)]


def _day(moment: int) -> str:
    return f"{from_ms(moment):%Y-%m-%d %H:%M}"


def _span(place: int, places: int) -> list[float]:
    """Return the domain of one chart of a row or column, with space between."""
    gap = 0.22 / places
    width = (1 - gap * (places - 1)) / places
    return [place * (width + gap), place * (width + gap) + width]
