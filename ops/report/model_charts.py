"""Who spoke over time, and the cumulative cost of the models with its budget: one plotly figure as a plain
dictionary.

Opinions are grouped into at most `COLUMNS_SHOWN` columns of equal time. Cost is cumulative over this run [USD].
"""

import numpy as np

from ops.report.charts import Figure, typed
from ops.story.models import NOT_MODELS, Models
from ops.story.story import Story

COLUMNS_SHOWN = 120
_FAR = 5
"""A budget above this multiple of the cost is not drawn: it would flatten the cost line."""
_OTHERS = {"rules": "--muted", "nobody": "--loss"}
_MODELS = ("--accent", "--target", "--gain", "--ink")


def models_figure(story: Story) -> Figure:
    """Return opinions by speaker, stacked, above the cumulative cost; empty if no role spoke."""
    models = story.models
    if models is None or not models.spoken:
        return {}
    closes = story.columns.close_ms
    first, last = int(closes[0]), int(closes[-1])
    width = max(-(-(last - first + 1) // COLUMNS_SHOWN), story.session.timeframe.seconds * 1000)
    data = [_words(models, name, first, width, color) for name, color in _colors(models).items()]
    cost, budget = _cost(models, first, last), story.session.settings.minds.budget.day_usd
    edge = {"type": "scatter", "mode": "lines", "yaxis": "y2", "showlegend": False, "hovertemplate": "%{y:.4f} USD"}
    data.append({**edge, **cost, "name": "cost so far", "line": {"color": "var(--accent)", "width": 2, "shape": "hv"}})
    if sum(models.spent.values()) >= budget / _FAR:
        dashed = {"color": "var(--loss)", "width": 1.2, "dash": "dash"}
        data.append({**edge, "name": "a day's budget", "x": [first, last], "y": [float(budget)] * 2, "line": dashed})
    layout = {
        "barmode": "stack",
        "bargap": 0.1,
        "hovermode": "x unified",
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "traceorder": "normal"},
        "xaxis": {"type": "date", "anchor": "y2"},
        "yaxis": {"domain": [0.45, 1], "title": {"text": "words"}, "rangemode": "tozero"},
        "yaxis2": {"domain": [0, 0.35], "title": {"text": "USD"}, "rangemode": "tozero", "nticks": 5},
    }
    return {"data": data, "layout": layout}


def _colors(models: Models) -> dict[str, str]:
    """Return the colours: models first, in the order in which they first spoke; then the rules mind and nobody."""
    names = dict.fromkeys(name for _, name in models.spoken)
    spoke = [name for name in names if name not in NOT_MODELS]
    colors = {name: _MODELS[place % len(_MODELS)] for place, name in enumerate(spoke)}
    return colors | {name: color for name, color in _OTHERS.items() if name in names}


def _words(models: Models, name: str, first: int, width: int, color: str) -> Figure:
    counted: dict[int, int] = {}
    for (at_ms, speaker), number in models.spoken.items():
        if speaker == name:
            start = first + (at_ms - first) // width * width
            counted[start] = counted.get(start, 0) + number
    return {
        "type": "bar",
        "name": name,
        "x": typed(np.array(list(counted), dtype=np.float64)),
        "y": typed(np.array(list(counted.values()), dtype=np.float64)),
        "width": width * 0.9,
        "marker": {"color": f"var({color})"},
        "hovertemplate": "%{y:,.0f} words",
    }


def _cost(models: Models, first: int, last: int) -> Figure:
    spent = sorted(models.spent.items())
    at = [first, *(at_ms for at_ms, _ in spent), last]
    sums = np.cumsum([0.0, *(float(cost) for _, cost in spent), 0.0])
    return {"x": typed(np.array(at, dtype=np.float64)), "y": typed(sums)}
