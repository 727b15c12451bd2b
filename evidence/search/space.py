"""The search space: settings by name, each with its values.

ema_cross.rsi_max=55:85:10          a parameter of a voter, from 55 to 85 in steps of 10
exits.trail_fraction=0.01,0.02,0.04     any other setting, as a list of values
"""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from config.errors import UsageFault
from config.frozen import Frozen
from config.reading.document import read_number
from config.settings import Settings

Values = dict[str, float]
"""One point: a number for each axis."""

MOST_SETS = 20_000
_STEPS = 10_000


class Axis(Frozen):
    """One setting and its values, in order."""

    key: str
    values: tuple[float, ...]


def parse_axes(texts: Sequence[str]) -> tuple[Axis, ...]:
    """The axes of a command line. Raises UsageFault for a text that is not an axis, and for a repeated key."""
    axes = tuple(map(_axis, texts))
    keys = [axis.key for axis in axes]
    for key in keys:
        if keys.count(key) > 1:
            raise UsageFault(f"--param {key} is given twice. Nothing was started.")
    return axes


def all_points(axes: Sequence[Axis]) -> list[Values]:
    """Every combination of values. Raises UsageFault for more than 20,000 combinations."""
    count = math.prod(len(axis.values) for axis in axes)
    if count > MOST_SETS:
        raise UsageFault(
            f"These are {count:,} parameter sets; at most {MOST_SETS:,} are tried one by one. Nothing was started. Give fewer "
            "values, or let `tribunal sweep` select some with --sampler random --trials N."
        )
    return [
        dict(zip((axis.key for axis in axes), values, strict=True))
        for values in itertools.product(*(a.values for a in axes))
    ]


def applied(settings: Settings, values: Mapping[str, float]) -> Settings:
    """The settings with these values. Raises UsageFault for an unknown name or a value that is not allowed."""
    tree = settings.model_dump(mode="json")
    for key, value in values.items():
        _put(tree, settings, key, value)
    try:
        return Settings.model_validate_json(json.dumps(tree))
    except ValueError as fault:
        given = ", ".join(f"{key}={value:g}" for key, value in values.items())
        raise UsageFault(f"{given} is not allowed: {_first(fault)}. Nothing was started.") from None


def _put(tree: dict[str, Any], settings: Settings, key: str, value: float) -> None:
    head, _, rest = key.partition(".")
    voters = [n for n, entry in enumerate(settings.strategies) if head in (entry.strategy, entry.name)]
    if voters and rest:
        for number in voters:
            tree["strategies"][number]["params"][rest] = value
        return
    *sections, last = key.split(".")
    at: Any = tree
    for section in sections:
        at = at.get(section) if isinstance(at, dict) else None
    if not isinstance(at, dict) or last not in at or isinstance(at[last], dict | list):
        known = ", ".join(sorted({entry.name or entry.strategy for entry in settings.strategies}))
        raise UsageFault(
            f"--param {key}: there is no such setting, and no voter with it (voters: {known}). Nothing was started."
        )
    whole = isinstance(at[last], int) and not isinstance(at[last], bool) and value == int(value)
    at[last] = str(value) if isinstance(at[last], str) else int(value) if whole else value


def _axis(text: str) -> Axis:
    key, sign, said = text.partition("=")
    if not sign or not key or not said:
        raise UsageFault(f"--param {text!r} is not KEY=LOW:HIGH:STEP or KEY=A,B,C. Nothing was started.")
    values = _range(text, said.split(":")) if ":" in said else tuple(_number(text, part) for part in said.split(","))
    if len(set(values)) < len(values):
        raise UsageFault(f"--param {text!r} names a value twice. Nothing was started.")
    return Axis(key=key, values=values)


def _range(text: str, parts: list[str]) -> tuple[float, ...]:
    if len(parts) != 3:
        raise UsageFault(f"--param {text!r}: a range is LOW:HIGH:STEP. Nothing was started.")
    low, high, step = (_number(text, part) for part in parts)
    if step <= 0 or high < low or (high - low) / step > _STEPS:
        raise UsageFault(f"--param {text!r} is no range: LOW is below HIGH, and STEP above 0. Nothing was started.")
    return tuple(round(low + number * step, 12) for number in range(int((high - low) / step + 1e-9) + 1))


def _number(text: str, part: str) -> float:
    try:
        value = read_number(part)
    except (ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise UsageFault(f"--param {text!r}: {part!r} is not a number. Nothing was started.")
    return value


def _first(fault: ValueError) -> str:
    errors = getattr(fault, "errors", None)
    if errors is None:
        return str(fault)
    first = errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
