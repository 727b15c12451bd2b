"""Values of one figure in the order of their moments, each once; and of several files together."""

from collections.abc import Iterable

import numpy as np

from config.clock import from_ms
from config.errors import DataFault
from market.context.files.told import FactColumns


def once(source: str, read: FactColumns) -> FactColumns:
    """In the order of moments, each value once. Raises DataFault for two values of one moment that were known at one time."""
    order = np.lexsort((read.value, read.known_ms, read.at_ms))
    at_ms, known_ms, value = read.at_ms[order], read.known_ms[order], read.value[order]
    same = (np.diff(at_ms, prepend=at_ms[0] - 1) == 0) & (np.diff(known_ms, prepend=known_ms[0] - 1) == 0)
    contrary = np.flatnonzero(same & (np.diff(value, prepend=value[0]) != 0))
    if len(contrary):
        raise DataFault(
            f"{source} holds two values of {read.name}{f' of {read.symbol}' if read.symbol else ''} for "
            f"{from_ms(int(at_ms[contrary[0]])):%Y-%m-%d %H:%M} UTC, and {len(contrary)} such contradictions in all: it was not "
            "read; give the figures of one exchange or one source."
        )
    keep = ~same
    return read._replace(at_ms=at_ms[keep], known_ms=known_ms[keep], value=value[keep])


def joined(sources: str, parts: Iterable[FactColumns]) -> list[FactColumns]:
    """The values of several files by figure and market. Raises DataFault where two of them contradict each other."""
    together: dict[tuple[str, str | None], list[FactColumns]] = {}
    for part in parts:
        together.setdefault((part.name, part.symbol), []).append(part)
    return [once(sources, _added(own)) for own in together.values()]


def _added(parts: list[FactColumns]) -> FactColumns:
    at_ms, known_ms = (np.concatenate([getattr(each, name) for each in parts]) for name in ("at_ms", "known_ms"))
    return parts[0]._replace(at_ms=at_ms, known_ms=known_ms, value=np.concatenate([each.value for each in parts]))
