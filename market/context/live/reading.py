"""Reads numbers, moments and figures out of what a source answered. What is missing or impossible raises `NotRead`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from config.clock import from_ms
from market.bar import Fact
from market.context.catalogue import CATALOGUE
from market.context.live.web import NotRead

_SECONDS_END = 10**11


def at(found: Any, *path: str | int) -> Any:
    """What lies at a path of an answer. Raises NotRead when it is not there."""
    for step in path:
        inside = (
            isinstance(found, Mapping)
            if isinstance(step, str)
            else isinstance(found, Sequence) and not isinstance(found, str)
        )
        try:
            found = found[step] if inside else None
        except (KeyError, IndexError):
            found = None
        if found is None:
            raise NotRead(f"the answer has no {'.'.join(map(str, path))}")
    return found


def number(found: Any, *path: str | int) -> float:
    """The finite number, or the text of one, at a path of an answer. Raises NotRead."""
    value = at(found, *path)
    try:
        read = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        read = float("nan")
    if not isfinite(read):
        raise NotRead(f"{'.'.join(map(str, path))} of the answer is no number")
    return read


def moment(found: Any, *path: str | int) -> datetime:
    """The moment at a path of an answer: seconds or milliseconds since 1970, or ISO 8601. Raises NotRead."""
    value = at(found, *path)
    try:
        if isinstance(value, str) and not value.isdigit():
            read = datetime.fromisoformat(value[:26].rstrip("Z"))
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        count = int(value)
        return from_ms(count if count > _SECONDS_END else count * 1000)
    except (TypeError, ValueError, OverflowError, OSError):
        raise NotRead(f"{'.'.join(map(str, path))} of the answer is no time") from None


def fact(name: str, symbol: str | None, at_utc: datetime, now: datetime, value: float) -> Fact:
    """A figure that is known from `now` on. Raises NotRead for a value that no such figure can have, and for a later moment."""
    low, high = CATALOGUE[name].range
    if not low <= value <= high:
        raise NotRead(f"{value:g} is no possible {name}")
    return Fact(name=name, symbol=symbol, at_utc=min(at_utc, now), known_utc=now, value=value)
