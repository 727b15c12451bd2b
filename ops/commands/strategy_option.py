"""The voters that `--strategy` names, as entries of `strategies:` in a profile. Every command on bars reads it here.

    ema_cross                         a built-in one
    golden_cross:confidence=0.7       with parameters of its own
    my_file.py:MyClass:fast=5,slow=20     a class in a file of the user's
    trend_ensemble:sides=both         on perpetuals, its votes for short open positions

Several voters vote together, by equal weights. The option replaces the voters of the profile.
"""

import math
import re
from collections.abc import Iterable
from typing import Any

from config.errors import UsageFault
from config.reading.document import read_number
from config.sections.strategies import OWN

_SIDES = "sides="
_BY_SIDES = ("sides=long", "sides=both")
_FILE = re.compile(r"(?P<file>.+\.py)(?::(?P<rest>.*))?")


def strategies_asked(texts: Iterable[str] | None) -> dict[str, Any]:
    """The setting `strategies` for the texts of `--strategy`; none without a text. Raises UsageFault."""
    entries = [_entry(text) for text in texts or ()]
    return {"strategies": entries} if entries else {}


def _entry(text: str) -> dict[str, Any]:
    """One voter: NAME, NAME:key=value,…, FILE.py:CLASS or FILE.py:CLASS:key=value,…."""
    own = _FILE.fullmatch(text)
    entry, rest = _own(text, own) if own else _built_in(text)
    if len(rest) > 1:
        raise UsageFault(f"--strategy {text!r} is not NAME:key=value,key=value. Nothing was started.")
    parts = rest[0].split(",") if rest else []
    sides = [part.removeprefix(_SIDES) for part in parts if part in _BY_SIDES]
    if len(sides) > 1:
        raise UsageFault(f"--strategy {text!r} gives `sides` twice. Nothing was started.")
    if sides:
        entry["sides"] = sides[0]
    if left := [part for part in parts if part not in _BY_SIDES]:
        entry["params"] = _parameters(text, left)
    return entry


def _parameters(text: str, parts: list[str]) -> dict[str, float]:
    found = dict(_parameter(text, part) for part in parts)
    if len(found) < len(parts):
        raise UsageFault(f"--strategy {text!r} gives a parameter twice. Nothing was started.")
    return found


def _own(text: str, found: re.Match[str]) -> tuple[dict[str, Any], list[str]]:
    """The entry of a user's own voter, and what follows its class. A path may hold colons."""
    file, (name, *rest) = found["file"], (found["rest"] or "").split(":")
    if not name.isidentifier():
        raise UsageFault(
            f"--strategy {text!r} names a file and no class: write {file}:MyStrategy. Nothing was started."
        )
    return {"strategy": "own", "file": file, "name": name}, rest


def _built_in(text: str) -> tuple[dict[str, Any], list[str]]:
    name, *rest = text.split(":")
    if name in ("", OWN):
        raise UsageFault(
            f"--strategy {text!r} names no strategy: write a built-in one, or my_file.py:MyStrategy. Nothing was started."
        )
    return {"strategy": name}, rest


def _parameter(text: str, part: str) -> tuple[str, float]:
    name, sign, value = part.partition("=")
    try:
        number = read_number(value)
    except (ValueError, OverflowError):
        number = math.nan
    if name == "sides" and not math.isfinite(number):
        raise UsageFault(f"--strategy {text!r}: the sides of a voter are `long` or `both`. Nothing was started.")
    if not sign or not name or not math.isfinite(number):
        raise UsageFault(f"--strategy {text!r}: {part!r} is not key=number. Nothing was started.")
    return name, number
