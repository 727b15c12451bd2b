"""The calibration of market impact: the figures, the data behind them, and the setting to use.

The page is self-contained: plotly.js is inside and nothing is loaded.
"""

import sys
from collections.abc import Sequence

import numpy as np

from evidence.statistics.impact_fit import CONFIDENCE, ImpactReport, Walks
from ops.tables.grid import open_console
from ops.tables.plain import DASH


def show_impact(report: ImpactReport, *, as_json: bool) -> None:
    """Print the report on stdout: text, or only JSON with `as_json`."""
    if as_json:
        sys.stdout.write(report.model_dump_json() + "\n")
        return
    open_console(sys.stdout).print(impact_text(report), end="")


def impact_text(report: ImpactReport) -> str:
    """Return the printed text."""
    seconds = (report.last_utc - report.first_utc).total_seconds()
    interval = DASH if report.low is None or report.high is None else f"{report.low:.2f} to {report.high:.2f}"
    return (
        f"{report.symbol}: {report.books} books in {seconds:,.1f} s from {report.first_utc:%Y-%m-%d %H:%M:%S} UTC, "
        f"{report.walks} walks of {report.least_share:.1e} to {report.most_share:.1e} of the volume.\n"
        f"Measured from {report.measured}: sigma {report.sigma:.4%}, V {report.volume:,.0f}.\n\n"
        f"  Y               {report.coefficient:.3f}   ({CONFIDENCE:.0%}: {interval}, these moments only)\n"
        f"  half a spread   {report.half_spread_bps:.3f} bps fitted, {report.quoted_half_spread_bps:.3f} bps quoted\n"
        f"  R2              {report.r_squared:.3f}\n\n"
        f"To use it: --impact square_root:{report.coefficient:.2f}, or venue.impact and venue.impact_coefficient.\n"
        "A walk through a book at rest knows nothing of orders that come while one trades, hide or flee, "
        "nor of sizes above those walked.\n"
    )


def impact_page(report: ImpactReport, walks: Sequence[Walks]) -> str:
    """Return the walks and the fitted line as one HTML page."""
    from plotly.io import to_html

    root, cost = (np.concatenate([found[place] for found in walks]) * 1e4 for place in (0, 1))
    ends = [0.0, float(root.max())]
    line = [report.half_spread_bps + report.coefficient * end for end in ends]
    title = f"{report.symbol}: Y = {report.coefficient:.3f}, R2 = {report.r_squared:.3f}, {report.books} books"
    figure = {
        "data": [
            {"type": "scatter", "mode": "markers", "name": "walks", "x": root.tolist(), "y": cost.tolist(),
             "marker": {"size": 4, "color": "#9aa3ad"}},
            {"type": "scatter", "mode": "lines", "name": "the law", "x": ends, "y": line, "line": {"color": "#0b5cad"}},
        ],
        "layout": {
            "title": {"text": title}, "template": {}, "plot_bgcolor": "#ffffff",
            "xaxis": {"title": {"text": "sigma sqrt(Q / V) [bps]"}, "gridcolor": "#eef0f2"},
            "yaxis": {"title": {"text": "average cost of a walk [bps]"}, "gridcolor": "#e6e8ea"},
        },
    }  # fmt: skip
    return str(to_html(figure, include_plotlyjs=True, full_html=True, validate=False, div_id="impact"))
