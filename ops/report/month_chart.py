"""The net result of the closed trades of each month, as bars: profit up, loss down."""

from collections.abc import Sequence

from ops.report.charts import Figure
from ops.story.measures import TradeGroup


def months_figure(months: Sequence[TradeGroup]) -> Figure:
    """Return one bar for each month of exit [quote]; the pointer also shows the number of trades."""
    return {
        "data": [
            {
                "type": "bar",
                "x": [month.name for month in months],
                "y": [month.pnl for month in months],
                "customdata": [[month.trades.closed] for month in months],
                "marker": {"color": ["var(--gain)" if month.pnl >= 0 else "var(--loss)" for month in months]},
                "hovertemplate": "%{x}: %{y:+,.2f} in %{customdata[0]} trades<extra></extra>",
            }
        ],
        "layout": {"xaxis": {"type": "category", "nticks": 24}, "yaxis": {"title": {"text": "profit"}}, "bargap": 0.25},
    }
