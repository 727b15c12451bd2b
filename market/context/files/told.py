"""What was found in a file of figures: the figures as columns, and one line for the user."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from config.clock import from_ms
from market.candles import Floats, Millis
from market.context.files.published import Published


class FactColumns(NamedTuple):
    """Values of one figure of one market (None: of all). `at_ms`, `known_ms`, `value`: shape (n,), int64 [ms since 1970 UTC] and
    float64 [the figure's unit]."""

    name: str
    symbol: str | None
    at_ms: Millis
    known_ms: Millis
    value: Floats
    published: Published


class FactsFile(NamedTuple):
    """One file as it was read. `others`: rows of markets that the session does not have. `left_out`: columns, and why."""

    name: str
    columns: tuple[FactColumns, ...]
    others: int = 0
    left_out: tuple[str, ...] = ()

    def line(self) -> str:
        """What was found, and from when it counts as known."""
        counts = Counter[str]()
        for each in self.columns:
            counts[f"{each.name} of {each.symbol}" if each.symbol else each.name] += len(each.value)
        held = [f"{count:,} {name}" for name, count in list(counts.items())[:8]]
        if len(counts) > len(held):
            held.append(f"{len(counts) - len(held)} more figures")
        parts = [", ".join(held), self._span()]
        parts += [f"known {way}" for way in dict.fromkeys(each.published for each in self.columns)]
        if self.others:
            parts.append(f"{self.others:,} rows of other markets left out")
        return f"{self.name}: {'; '.join([*parts, *self.left_out])}"

    def _span(self) -> str:
        stamps = np.concatenate([each.at_ms for each in self.columns])
        return f"{from_ms(int(stamps.min())):%Y-%m-%d} to {from_ms(int(stamps.max())):%Y-%m-%d}"
