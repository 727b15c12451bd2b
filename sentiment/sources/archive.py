"""Point-in-time archives of what was fetched: a folder of Parquet files, one a day, or a file of JSON lines with headlines only.

Everything keeps the time of its first sight, so that a backtest reads exactly what was known. A day's file is written beside and
renamed, and a lock keeps a second writer waiting: a kill or a second collector never damages it. JSON lines are added with one
write.
"""

import fcntl
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pandas as pd

from config.errors import DataFault, OutputFault, UsageFault
from config.files import write_whole
from config.sections.sentiment import ComponentName
from market.bar import Fact
from sentiment.headline import Headline
from sentiment.sources.identity import Archived, Item

_COLUMNS = (
    "source", "component", "published_utc", "first_seen_utc", "text", "symbols", "guid", "dated", "symbol", "value",
)  # fmt: skip
Row = dict[str, Any]


class Found(NamedTuple):
    """What one source found: items, or figures."""

    source: str
    component: ComponentName
    items: tuple[Item, ...] = ()
    facts: tuple[Fact, ...] = ()


class Archive(Protocol):
    """Where it is kept."""

    def held(self) -> tuple[Found, ...]:
        """All that it holds, by source. Raises UsageFault when it cannot be read."""
        ...

    def add(self, found: Sequence[Found]) -> None:
        """Add what was found. Raises OutputFault; what it held before is then unchanged."""
        ...


def archive_at(path: Path) -> Archive:
    """The archive of a path: a file of JSON lines, or a folder. Raises UsageFault for any other file."""
    if path.suffix == ".jsonl":
        return LinesArchive(path)
    if path.suffix or path.is_file():
        raise UsageFault(f"{path.name} is neither a .jsonl file nor a folder; nothing was read. Name the archive so.")
    return DaysArchive(path)


class DaysArchive:
    """A folder with one Parquet file for each day of first sight, UTC."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def held(self) -> tuple[Found, ...]:
        """See `Archive`."""
        try:
            rows = [row for file in sorted(self._folder.glob("*.parquet")) for row in _rows(file)]
        except (OSError, ValueError, KeyError) as fault:
            raise UsageFault(f"{self._folder} cannot be read ({fault}); nothing was added to it.") from fault
        return _by_source(rows)

    def add(self, found: Sequence[Found]) -> None:
        """See `Archive`."""
        days: dict[date, list[Row]] = defaultdict(list)
        for row in (row for one in found for row in _rows_of(one)):
            days[row["first_seen_utc"].date()].append(row)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with _alone(self._folder / ".lock"):
                for day, rows in days.items():
                    file = self._folder / f"{day.isoformat()}.parquet"
                    write_whole(file, _parquet([*(_rows(file) if file.exists() else []), *rows]), durable=True)
        except (OSError, ValueError) as fault:
            raise OutputFault(f"{self._folder} cannot be written ({fault}); what was read is lost.") from fault


class LinesArchive:
    """A file of JSON lines, of headlines only."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def held(self) -> tuple[Found, ...]:
        """See `Archive`. A last line that was cut by a kill is left alone, and the next one begins afresh."""
        try:
            lines = self._file.read_text(encoding="utf-8").splitlines() if self._file.exists() else []
        except (OSError, UnicodeDecodeError) as fault:
            raise UsageFault(f"{self._file} cannot be read ({fault}); nothing was added to it.") from fault
        items: dict[str, list[Item]] = defaultdict(list)
        for line in lines:
            try:
                item = Archived.model_validate_json(line).item
            except ValueError:
                continue
            items[item.line.source].append(item)
        return tuple(Found(source, "news", tuple(own)) for source, own in items.items())

    def add(self, found: Sequence[Found]) -> None:
        """See `Archive`."""
        text = "".join(Archived.of(item).model_dump_json() + "\n" for one in found for item in one.items)
        try:
            whole = not self._file.exists() or self._file.stat().st_size == 0 or self._file.read_bytes().endswith(b"\n")
            with self._file.open("a", encoding="utf-8") as file:
                file.write(text if whole else "\n" + text)
        except OSError as fault:
            raise OutputFault(f"{self._file} cannot be written ({fault.strerror}); what was read is lost.") from fault


def read_archive(folder: Path, component: ComponentName) -> tuple[tuple[Headline, ...], tuple[Fact, ...]]:
    """The headlines and the figures of one part of the sentiment in a folder of days. Raises DataFault when it holds none."""
    try:
        held = [one for one in DaysArchive(folder).held() if one.component == component]
    except UsageFault as fault:
        raise DataFault(str(fault)) from fault
    lines = tuple(item.line for one in held for item in one.items)
    facts = tuple(fact for one in held for fact in one.facts)
    if not lines and not facts:
        raise DataFault(
            f"{folder.name} holds nothing of {component}; nothing was read. Give a folder that `tribunal collect` has filled, or "
            "another `component`."
        )
    return lines, facts


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process writes. The lock ends with the process that holds it."""
    with lock.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _rows_of(found: Found) -> Iterator[Row]:
    for item in found.items:
        line = item.line
        yield dict.fromkeys(_COLUMNS) | {
            "source": found.source, "component": found.component, "published_utc": line.published_utc,
            "first_seen_utc": line.first_seen_utc, "text": line.text, "symbols": ",".join(line.symbols), "guid": item.guid,
            "dated": item.dated,
        }  # fmt: skip
    for fact in found.facts:
        yield dict.fromkeys(_COLUMNS) | {
            "source": found.source, "component": found.component, "published_utc": fact.at_utc,
            "first_seen_utc": fact.known_utc, "symbol": fact.symbol, "value": fact.value,
        }  # fmt: skip


def _parquet(rows: Sequence[Row]) -> bytes:
    frame = pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"value": "float64"})
    content = io.BytesIO()
    frame.to_parquet(content, index=False, compression="zstd")
    return content.getvalue()


def _rows(file: Path) -> list[Row]:
    """The rows of a day's file. Raises OSError, ValueError, KeyError for a file that is none."""
    frame = pd.read_parquet(file)[list(_COLUMNS)]
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    moments = ("published_utc", "first_seen_utc")
    return [{str(name): _utc(cell) if name in moments else cell for name, cell in row.items()} for row in rows]


def _utc(moment: pd.Timestamp) -> datetime:
    return moment.to_pydatetime(warn=False).astimezone(UTC)


def _by_source(rows: Sequence[Row]) -> tuple[Found, ...]:
    found: dict[tuple[str, ComponentName], list[Row]] = defaultdict(list)
    for row in rows:
        found[row["source"], row["component"]].append(row)
    return tuple(
        Found(
            source,
            component,
            tuple(_item(row) for row in own if row["text"] is not None),
            tuple(_fact(row) for row in own if row["text"] is None),
        )
        for (source, component), own in found.items()
    )


def _item(row: Mapping[str, Any]) -> Item:
    line = Headline(
        text=row["text"],
        source=row["source"],
        published_utc=row["published_utc"],
        first_seen_utc=row["first_seen_utc"],
        symbols=tuple(filter(None, row["symbols"].split(","))),
    )
    return Item(line, row["guid"], bool(row["dated"]))


def _fact(row: Mapping[str, Any]) -> Fact:
    return Fact(
        name=row["component"],
        symbol=row["symbol"],
        at_utc=row["published_utc"],
        known_utc=row["first_seen_utc"],
        value=row["value"],
    )
