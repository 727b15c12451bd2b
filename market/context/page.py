"""Generates `docs/context.md` from the catalogue of figures, the forms of files and the live sources.

`python -m market.context.page` prints the page; a test compares it.
"""

import sys
from datetime import timedelta

from market.context.catalogue import FIGURES, Figure

_HEAD = """# Market context

What may be known of a market beside its bars, point in time. `python -m market.context.page` generates this page.

With `market.context: facts` each case has these figures in `case.context`. The court may cite them (`context.funding_rate`), and
voters may read them. A figure that was never known, or is stale, is abstained with its reason. Nothing is read before the moment
at which it was known, and a revised value counts from its own moment on.

| figure | unit | of | formula | says nothing after | source |
|---|---|---|---|---|---|
"""


def page() -> str:
    """The text of `docs/context.md`."""
    return _HEAD + "".join(_row(figure) for figure in FIGURES)


def _row(figure: Figure) -> str:
    whose = "a symbol" if figure.of == "symbol" else "the whole market"
    return f"| `{figure.name}` | {figure.unit} | {whose} | {figure.formula} | {_age(figure.stale_after)} | {figure.source} |\n"


def _age(age: timedelta | None) -> str:
    """An age in whole days, hours or minutes; for a figure of bars, the last bar."""
    if age is None:
        return "the last bar"
    minutes = int(age.total_seconds()) // 60
    if minutes % 1440 == 0:
        return f"{minutes // 1440} days" if minutes > 1440 else "24 hours"
    return f"{minutes // 60} hours" if minutes % 60 == 0 else f"{minutes} minutes"


if __name__ == "__main__":
    sys.stdout.write(page())
