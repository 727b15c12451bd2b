"""A QuantStats tear sheet of a run, beside its report: daily returns, compared with buying equal parts of the same
markets and holding.

QuantStats is an optional extra. It and pandas are slow to import, so they are loaded only when a sheet is requested. Its
ratios use 365 days a year and a risk-free rate of zero. They are computed from daily closes, and so differ a little from ours,
which use every bar.
"""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from config.errors import OutputFault, UsageFault
from ops.story.measures import Ran
from ops.story.performance import Floats
from risk.measures.ratios import LEAST_DAYS

if TYPE_CHECKING:
    import pandas as pd

TEARSHEET = "tearsheet.html"
_DAYS_A_YEAR = 365


def refuse_without_quantstats() -> None:
    """Raises UsageFault when QuantStats is not installed; called before a run, so that the error comes first."""
    if find_spec("quantstats") is None:
        raise UsageFault(
            "A tear sheet needs QuantStats, which is not installed; nothing was started. "
            'Run: pip install "tribunal[tearsheet]", or leave out --tearsheet.'
        )


def write_tearsheet(folder: Path, ran: Ran) -> Path | None:
    """Write the sheet into a run's folder. Returns None, and writes nothing, for a run of less than thirty days.
    Raises OutputFault.
    """
    made, held = daily(ran)
    if len(made) < LEAST_DAYS:
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
                "Free some space, then run again to get the sheet."
            ) from fault
    return path


def daily(ran: Ran) -> tuple["pd.Series[float]", "pd.Series[float] | None"]:
    """Return the simple returns [fraction] of each UTC day, for the account and for buy and hold; days without a bar
    are left out.
    """
    import pandas as pd

    days = pd.to_datetime(ran.close_ms - 1, unit="ms").floor("D")
    held = None if ran.hold is None else _of_days(ran.hold, days, 1.0, "buy and hold")
    return _of_days(ran.equity, days, ran.starting_cash, "run"), held


def _of_days(levels: Floats, days: "pd.DatetimeIndex", start: float, name: str) -> "pd.Series[float]":
    import pandas as pd

    closes = pd.Series(levels, index=days).groupby(level=0).last()
    before = closes.shift(fill_value=start)
    return (closes / before - 1.0).rename(name)


@contextmanager
def _quiet() -> Iterator[None]:
    """Draw without a screen, and without the messages of the drawing libraries about fonts and each other."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        yield
