"""Generates `docs/signals.md` from the fields of `TechnicalSignals`: formula, unit, warm-up and source of each.

`python -m market.indicators.signals_page` prints the page. All words about a field stand beside it (`market/signals.py`), and the
numbers of the rules in `recursions.py`. A field without its words is an error.
"""

import re
import sys
from typing import NamedTuple

from pydantic.fields import FieldInfo

from market.indicators import recursions as rules
from market.indicators.full_depth import LONG, SHORT
from market.indicators.patterns import NAMES, SEEN_FOR, UNDIRECTED
from market.signals import Depth, TechnicalSignals

_UNIT = re.compile(r" \[([^\]]+)\]$")
_SAID = {"depth", "formula", "known_from", "source"}

_HEAD = """# The signals

What a case holds of each market on each of its timeframes, and what a voter may read (`now`). `python -m
market.indicators.signals_page` makes this page from [`market/signals.py`](../market/signals.py).

All values are of closed bars only, up to and including the last one. A value is None, and is left out of the journal if its depth
is `full`, until it is known. *Known from* counts the closed bars of its timeframe that this takes. A bar that is still forming is
never used: the signals of four hours change when four hours have closed.

`market.signals: core` computes the first table only, as version 0.2 did; `full` computes all (`tribunal check` shows which). A
stream takes each bar once and keeps what it needs. A session that is resumed reads all of its bars again, and so has the same
values. [`market/indicators/batch.py`](../market/indicators/batch.py) gives whole columns, which are the same to the last bit.
"""


class Line(NamedTuple):
    """One field, in words."""

    name: str
    meaning: str
    unit: str
    formula: str
    known_from: str
    source: str


def lines_of(depth: Depth) -> tuple[Line, ...]:
    """The fields of one depth, in their order. Raises LookupError for a field that does not say all of itself."""
    return tuple(
        _line(name, field)
        for name, field in TechnicalSignals.model_fields.items()
        if _said(name, field)["depth"] == depth
    )


def signals_page() -> str:
    """The whole page. Raises LookupError for a field that does not say all of itself."""
    tables = {depth: _table(lines_of(depth)) for depth in ("core", "full")}
    return "\n".join(
        [_HEAD, "## Depth core\n", tables["core"], "## Depth full\n", tables["full"], _levels(), _regime(), _patterns()]
    )


def _line(name: str, field: FieldInfo) -> Line:
    said, meaning = _said(name, field), field.description or ""
    unit = _UNIT.search(meaning)
    return Line(
        name, _UNIT.sub("", meaning), unit[1] if unit else "", said["formula"], said["known_from"], said["source"]
    )


def _said(name: str, field: FieldInfo) -> dict[str, str]:
    extra = field.json_schema_extra
    if not field.description or not isinstance(extra, dict) or extra.keys() != _SAID or not all(extra.values()):
        raise LookupError(f"{name} does not say all of {', '.join(sorted(_SAID))} and what it means")
    return {key: str(value) for key, value in extra.items()}


def _table(lines: tuple[Line, ...]) -> str:
    head = "| field | meaning | unit | formula | known from | source |\n|---|---|---|---|---|---|"
    rows = (
        f"| `{each.name}` | {each.meaning} | {each.unit} | {each.formula} | {each.known_from} | {each.source} |".replace(
            "|DI+ - DI-|", "\\|DI+ - DI-\\|"
        )
        for each in lines
    )
    return "\n".join([head, *rows, ""])


def _levels() -> str:
    return f"""## Support and resistance

A swing high is a high above the highs of the {rules.SWING_BARS} bars before it and not below those of the
{rules.SWING_BARS} bars after it; a swing low is its mirror image. So a swing is known {rules.SWING_BARS} bars after its
extreme, and nothing reads it before. The prices of the last {rules.SWINGS_KEPT} swings, high or low, are the levels: what
resisted supports once it is broken (Edwards & Magee 1948). `*_touches` counts the swings within {rules.TOUCH_ATR:g} ATR of
the nearest one.
"""


def _regime() -> str:
    return f"""## Regime

| regime | enters | leaves |
|---|---|---|
| `crash` | fall <= {rules.CRASH_ENTERS:g} and stress >= {rules.TURBULENT_LEAVES:g} | fall >= {rules.CRASH_LEAVES:g} |
| `turbulent` | stress >= {rules.TURBULENT_ENTERS:g} | stress < {rules.TURBULENT_LEAVES:g} |
| `trend` | `adx_14` >= {rules.TREND_ENTERS:g} | `adx_14` < {rules.TREND_LEAVES:g} |
| `range` | none of these holds | |

The first row that holds is the regime. Between its two bounds each row stays what it was. *Stress* is
`realized_volatility_{SHORT}` / `realized_volatility_{LONG}`: the root of Kritzman and Li's turbulence ("Skulls, Financial
Turbulence, and Risk Management", Financial Analysts Journal 66(5), 2010) with one asset, averaged over {SHORT} bars. *Fall*
is the log return of {SHORT} bars in standard deviations of as many bars, taken from the long volatility: fast and deep is how
Mishkin and White ("U.S. Stock Market Crashes and Their Aftermath", NBER 8992, 2002) tell a crash. The bounds of the ADX are
Wilder's ("New Concepts in Technical Trading Systems", 1978); those of stress and fall are this project's, and no result was
fitted to them.
"""


def _patterns() -> str:
    names = ", ".join(f"`{name}`" for name in NAMES)
    even = ", ".join(f"`{name}`" for name in sorted(UNDIRECTED))
    return f"""## Patterns

`patterns` holds those of the {len(NAMES)} candlestick patterns of TA-Lib that ended at one of the last {SEEN_FOR} bars: the
name, the direction, and how many bars ago (0: at this bar). Of a pattern that ended twice, only the last is told. The
direction is TA-Lib's sign, and `none` for {even}, whose sign says nothing of a direction. A citation can name every other
field of the signals, and no pattern.

{names}.
"""


if __name__ == "__main__":
    sys.stdout.write(signals_page())
