"""The calibration of convictions: tables on the console, reliability plots on one page.

The page is self-contained: plotly.js is inside and nothing is loaded.
"""

import math
import sys
from typing import Any

from rich.table import Table

from evidence.rulings.calibration import CalibrationReport, Ended, SpeakerCalibration
from ops.tables.grid import boxed, open_console
from ops.tables.plain import DASH, count

_COLUMNS = 3
_CELL_PX = 360
_LEGEND = (
    "Blue: the share of purchases that won, by stated conviction, with 95 % intervals. Orange: the calibrated map."
)


def show_calibration(report: CalibrationReport, *, as_json: bool) -> None:
    """Print the report on stdout: tables, or only JSON with `as_json`."""
    if as_json:
        sys.stdout.write(report.model_dump_json() + "\n")
        return
    console = open_console(sys.stdout)
    console.print("\n".join(_sentences(report)) + "\n")
    console.print(_overview(report))
    console.print(_later(report))
    if report.horizons:
        console.print(_horizons(report))
    for speaker in report.speakers:
        console.print(_bins(speaker))
    console.print(
        "Won: the target came before the stop. Intervals: Wilson, 95 %, as if outcomes were independent. Calibrated: after "
        f"isotonic regression, each level shrunk towards 50 % with n / (n + {report.shrink_k:g}), n being its own outcomes."
    )


def reliability_page(report: CalibrationReport) -> str:
    """Return the reliability plots of all speakers as one HTML page; the same report gives the same text."""
    from plotly.io import to_html

    return str(
        to_html(
            _figure(report),
            include_plotlyjs=True,
            full_html=True,
            validate=False,
            div_id="reliability",
            config={"displaylogo": False},
        )
    )


def _sentences(report: CalibrationReport) -> tuple[str, ...]:
    done, shorts = report.hearings - report.pending, report.shorts
    bought = count(done, "hypothetical purchase") if shorts is None else count(done, "hypothetical trade")
    return (
        f"{', '.join(report.runs)}: {count(report.hearings, 'hearing')}, {report.pending:,} of them without an outcome when the "
        "run ended.",
        f"Of {bought} at the next open, {report.targets:,} reached the target, {report.stops:,} "
        f"the stop, {report.neither:,} neither within {count(report.horizon_bars, 'bar')};",
        f"{report.mean_return_bps:+.1f} bps each on average after fees.",
        *([] if shorts is None else [_of_shorts(shorts)]),
    )


def _of_shorts(found: Ended) -> str:
    return (
        f"Of these {count(found.cases, 'short sale')}, {found.targets:,} reached the target, {found.stops:,} the stop, "
        f"{found.neither:,} neither; {found.mean_return_bps:+.1f} bps each. Each side has maps of its own."
    )


def _overview(report: CalibrationReport) -> Table:
    columns = ("<Speaker", ">n", ">won", ">Brier", ">rel", ">res", ">unc", ">within", ">skill", ">ECE")
    title = "Stated conviction against outcome: Brier = rel - res + unc + within; lower is better"
    table = boxed(title, columns, yields=("within", "unc", "res", "rel"))
    for found in report.speakers:
        figures = found.figures
        parts = (figures.brier, figures.reliability, figures.resolution, figures.uncertainty, figures.within)
        skill = DASH if figures.skill is None else f"{figures.skill:+.2f}"
        scores = (*(f"{part:.3f}" for part in parts), skill, f"{figures.ece:.3f}")
        table.add_row(found.speaker, f"{figures.n:,}", f"{figures.base_rate:.0%}", *scores)
    return table


def _later(report: CalibrationReport) -> Table:
    columns = ("<Speaker", ">learned from", ">scored on", ">as stated", ">calibrated", ">earlier win rate")
    title = "Brier score on the later half, calibrated on the earlier half"
    table = boxed(title, columns, yields=("learned from", "earlier win rate"))
    for found in report.speakers:
        if found.later is None:
            table.add_row(found.speaker, *(DASH,) * 5)
            continue
        later = found.later
        scores = (f"{score:.3f}" for score in (later.stated, later.calibrated, later.base_rate))
        table.add_row(found.speaker, f"{later.learned_from:,}", f"{later.n:,}", *scores)
    return table


def _horizons(report: CalibrationReport) -> Table:
    """One line a horizon of each analyst: what its view was worth."""
    columns = ("<Analyst", "<horizon", ">n", ">won", ">Brier", ">res", ">skill")
    table = boxed(
        "The analyst's horizons: together, weighted by their record, and each alone", columns, yields=("res",)
    )
    for found in report.horizons:
        figures = found.figures
        skill = DASH if figures.skill is None else f"{figures.skill:+.2f}"
        scores = (f"{figures.brier:.3f}", f"{figures.resolution:.3f}", skill)
        table.add_row(found.speaker, found.horizon, f"{figures.n:,}", f"{figures.base_rate:.0%}", *scores)
    return table


def _bins(found: SpeakerCalibration) -> Table:
    columns = (">Stated", ">mean", ">n", ">won", ">rate", ">95 %", ">net bps", ">calibrated")
    table = boxed(found.speaker, columns, yields=("mean", "won", "net bps"))
    for row in found.figures.bins:
        table.add_row(
            f"{row.low:.0%} to {row.high:.0%}",
            f"{row.stated:.0%}",
            f"{row.n:,}",
            f"{row.won:,}",
            f"{row.rate:.0%}",
            f"{row.rate_low:.0%} to {row.rate_high:.0%}",
            f"{row.return_bps:+.1f}",
            f"{found.map.calibrated(row.stated):.0%}",
        )
    return table


def _figure(report: CalibrationReport) -> dict[str, Any]:
    """Return one square for each speaker: stated against realised, with counts as sizes, the fitted map, and the
    diagonal.
    """
    columns = min(_COLUMNS, len(report.speakers))
    rows = math.ceil(len(report.speakers) / columns)
    data: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "title": {"text": f"Reliability of {', '.join(report.runs)}<br><sup>{_LEGEND}</sup>"},
        "width": columns * _CELL_PX + 80,
        "height": rows * _CELL_PX + 110,
        "showlegend": False,
        "template": {},
        "plot_bgcolor": "#ffffff",
        "annotations": titles,
    }
    for place, speaker in enumerate(report.speakers):
        row, column = divmod(place, columns)
        tag = "" if place == 0 else str(place + 1)
        across = _span(column, columns)
        up = _span(rows - 1 - row, rows)
        axis = {"range": [-0.03, 1.03], "tickformat": ".0%", "gridcolor": "#e6e8ea", "zeroline": False, "dtick": 0.25}
        layout[f"xaxis{tag}"] = axis | {
            "domain": across,
            "anchor": f"y{tag}",
            "title": {"text": "stated", "standoff": 4},
        }
        layout[f"yaxis{tag}"] = axis | {"domain": up, "anchor": f"x{tag}", "title": {"text": "won", "standoff": 4}}
        data += _traces(speaker, tag)
        titles.append(
            {
                "text": f"<b>{speaker.speaker}</b>, n {speaker.figures.n:,}, ECE {speaker.figures.ece:.2f}",
                "x": sum(across) / 2, "y": up[1], "xref": "paper", "yref": "paper",
                "xanchor": "center", "yanchor": "bottom", "showarrow": False,
            }
        )  # fmt: skip
    return {"data": data, "layout": layout}


def _traces(speaker: SpeakerCalibration, tag: str) -> list[dict[str, Any]]:
    bins, axes = speaker.figures.bins, {"xaxis": f"x{tag}", "yaxis": f"y{tag}"}
    most = max(row.n for row in bins)
    steps = [step / 50 for step in range(51)]
    perfect = {
        "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "hoverinfo": "skip",
        "line": {"color": "#9aa3ad", "dash": "dot", "width": 1},
    }  # fmt: skip
    fitted = {
        "type": "scatter", "mode": "lines", "x": steps, "y": [speaker.map.calibrated(step) for step in steps],
        "line": {"color": "#c9510c", "width": 2}, "hovertemplate": "%{x:.0%} counts for %{y:.1%}<extra>calibrated</extra>",
    }  # fmt: skip
    seen = {
        "type": "scatter", "mode": "markers", "x": [row.stated for row in bins], "y": [row.rate for row in bins],
        "customdata": [[row.n, row.return_bps] for row in bins],
        "marker": {"color": "#0b5cad", "size": [6 + 16 * math.sqrt(row.n / most) for row in bins], "opacity": 0.85},
        "error_y": {
            "type": "data", "symmetric": False, "color": "#0b5cad", "thickness": 1, "width": 3,
            "array": [row.rate_high - row.rate for row in bins], "arrayminus": [row.rate - row.rate_low for row in bins],
        },
        "hovertemplate": "stated %{x:.0%}, won %{y:.0%} of %{customdata[0]}, %{customdata[1]:+.1f} bps<extra></extra>",
    }  # fmt: skip
    return [perfect | axes, fitted | axes, seen | axes]


def _span(place: int, places: int) -> list[float]:
    """Return the domain of one square of a row, with space between."""
    gap = 0.2 / places
    width = (1 - gap * (places - 1)) / places
    return [place * (width + gap), place * (width + gap) + width]
