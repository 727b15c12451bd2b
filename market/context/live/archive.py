"""The archive of live figures: a folder of Parquet files, each with what one look brought, and when this program first saw it.

`--facts FOLDER` reads it. A file is written beside and renamed, and none is ever changed, so a kill leaves the archive whole. A
value that the archive holds already is not written again.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd
from pyarrow import ArrowException, parquet

from config.clock import to_ms
from config.errors import OutputFault, UsageFault
from config.files import write_whole
from market.bar import Fact

_COLUMNS = ["name", "symbol", "at_utc", "first_seen", "value"]


class Archive:
    """One folder of figures."""

    def __init__(self, folder: Path) -> None:
        """Read what it holds. Raises UsageFault for a folder whose files are not those of an archive."""
        self._folder = folder
        self._held: dict[tuple[str, str | None, int], float] = {}
        for path in sorted(folder.glob("facts-*.parquet")):
            self._take(path)

    def __len__(self) -> int:
        return len(self._held)

    def add(self, facts: Sequence[Fact], now: datetime) -> int:
        """Write what is new or revised; returns how many values that are. Raises OutputFault."""
        fresh = [fact for fact in facts if self._held.get(_key(fact)) != fact.value]
        if not fresh:
            return 0
        rows = [(each.name, each.symbol, each.at_utc, each.known_utc, each.value) for each in fresh]
        buffer = io.BytesIO()
        pd.DataFrame(rows, columns=_COLUMNS).to_parquet(buffer, compression="zstd", index=False)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._folder / f"facts-{now:%Y%m%dT%H%M%S.%f}Z.parquet", buffer.getvalue())
        except OSError as fault:
            raise OutputFault(f"{self._folder} cannot be written ({fault.strerror}); what was read is lost.") from fault
        self._held |= {_key(fact): fact.value for fact in fresh}
        return len(fresh)

    def _take(self, path: Path) -> None:
        try:
            rows = parquet.ParquetFile(path).read(columns=_COLUMNS).to_pylist()
            self._held |= {(row["name"], row["symbol"], to_ms(row["at_utc"])): row["value"] for row in rows}
        except (ArrowException, OSError, ValueError, TypeError, AttributeError, KeyError) as fault:
            raise UsageFault(
                f"{path} is no file of an archive of figures ({type(fault).__name__}); nothing was added to it. Name another "
                "folder."
            ) from fault


def _key(fact: Fact) -> tuple[str, str | None, int]:
    return fact.name, fact.symbol, to_ms(fact.at_utc)
