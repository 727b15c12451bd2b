"""A QuantStats tear sheet of a run, beside its report: daily returns against buying the same markets in equal parts and holding.

QuantStats is an extra, and heavy, so it is loaded when a sheet is asked for. Its own ratios take the days of the year as given
(365) and a risk-free rate of zero; they are of daily closes, and so differ a little from ours, which are of every bar.
"""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from config.errors import OutputFault, UsageFault
from ops.story.measures import Ran
from ops.story.performance import Floats

TEARSHEET = "tearsheet.html"
_LEAST_DAYS = 30
_DAYS_A_YEAR = 365


def refuse_without_quantstats() -> None:
    """Raises UsageFault where QuantStats is not installed: better before a run than after it."""
    if find_spec("quantstats") is None:
        raise UsageFault(
            "A tear sheet is drawn by QuantStats, which is not installed; nothing was started. "
            'Run: pip install "tribunal[tearsheet]", or leave out --tearsheet.'
        )


def write_tearsheet(folder: Path, ran: Ran) -> Path | None:
    """Draw it into a run's folder; None, and nothing written, for a run of less than thirty days. Raises OutputFault."""
    made, held = daily(ran)
    if len(made) < _LEAST_DAYS:
        return None
    path = folder / TEARSHEET
    with _quiet():
        from quantstats import reports

        try:
            reports.html(
                made,
                benchmark=held,
                output=str(path),
                title=folder.name,
                periods_per_year=_DAYS_A_YEAR,
                compounded=True,
            )
        except OSError as fault:
            raise OutputFault(
                f"The tear sheet could not be written to {path} ({fault.strerror}). The run and its report are complete. "
                "Make room, and run it again to have the sheet."
            ) from fault
    return path


def daily(ran: Ran) -> tuple["pd.Series[float]", "pd.Series[float] | None"]:
    """Simple returns of each UTC day, of the account and of buying and holding; days without a bar are left out."""
    days = pd.to_datetime(ran.close_ms - 1, unit="ms").floor("D")
    held = None if ran.hold is None else _of_days(ran.hold, days, 1.0, "buy and hold")
    return _of_days(ran.equity, days, ran.starting_cash, "run"), held


def _of_days(levels: Floats, days: pd.DatetimeIndex, start: float, name: str) -> "pd.Series[float]":
    closes = pd.Series(levels, index=days).groupby(level=0).last()
    before = closes.shift(fill_value=start)
    return (closes / before - 1.0).rename(name)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without a screen, and without the drawing libraries' remarks on fonts and on each other."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        yield
