"""Reads recorded headlines from a file: Parquet, CSV or JSON lines, plain or gzipped.

The file needs a column of text and a column of dates; a date without a time zone counts as UTC. Without a column for first
sight, a headline counts as seen when it was published; this favours a backtest by the delay of the feed. A faulty file is
refused with the reason and is never read in part without a message.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from config.clock import Clock
from config.errors import DataFault
from config.sections.sentiment import SourceSettings
from market.news import NewsRow
from sentiment.headline import Headline
from sentiment.sources.recorded import RecordedSource, headline

_TEXT = ("headline", "title", "text", "shortdescription", "news", "description")
_DATE = ("publishedutc", "publishedat", "published", "datetime", "date", "timestamp", "time")
_SEEN = ("firstseenutc", "firstseen", "fetchedat")
_BASES = ("bases", "symbols", "base", "symbol")
_MAX_BAD = 0.05
_EPOCH_SCALES = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0.0, 1.0))


def read_headlines(path: Path, source: str) -> tuple[Headline, ...]:
    """All headlines of a file, in its order, with `source` as the name of their source.

    Rows without visible text or without a date are left out if they are at most 5 % of all. Raises DataFault for a missing,
    empty or unreadable file, for missing columns, and for more bad rows than that.
    """
    frame = _frame(path)
    columns = {"".join(filter(str.isalnum, str(name).lower())): str(name) for name in frame.columns}
    text, date = _column(columns, _TEXT), _column(columns, _DATE)
    if text is None or date is None:
        missing = " and ".join(what for what, column in (("text", text), ("date", date)) if column is None)
        found = ", ".join(map(str, frame.columns))
        raise DataFault(
            f"{path.name} has no column of {missing}; it has {found}. Nothing was read. Name the columns "
            "`text` and `date`."
        )
    published = _moments(frame[date])
    seen_column, bases_column = _column(columns, _SEEN), _column(columns, _BASES)
    first_seen = published if seen_column is None else _moments(frame[seen_column])
    bases = [None] * len(frame) if bases_column is None else [_bases(value) for value in frame[bases_column]]
    rows = zip(frame[text], published, first_seen, bases, strict=True)
    lines = [_line(raw, source, published, seen, given) for raw, published, seen, given in rows]
    good = tuple(line for line in lines if line is not None)
    if len(good) < len(lines) * (1.0 - _MAX_BAD):
        raise DataFault(
            f"{len(lines) - len(good)} of {len(lines)} rows of {path.name} have no text or no valid date, which is "
            "too many; nothing was read. Check its columns."
        )
    return good


def _frame(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise DataFault(f"{path.name} is not a file that can be read; nothing was loaded. Check the source's `path`.")
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = suffixes[-1] if suffixes else ""
    try:
        if kind == ".parquet":
            frame = pd.read_parquet(path)
        elif kind == ".csv":
            frame = pd.read_csv(path, dtype=str)
        elif kind in (".jsonl", ".ndjson"):
            frame = pd.read_json(path, lines=True, dtype=False)
        else:
            raise DataFault(f"{path.name} is of no known kind; give a .parquet, .csv or .jsonl file (.gz is fine).")
    except (ValueError, OSError, EOFError) as error:
        detail = str(error).replace(str(path), path.name)
        raise DataFault(f"{path.name} cannot be read ({detail}); nothing was loaded. Check the file.") from error
    if frame.empty:
        raise DataFault(f"{path.name} has no rows; nothing was loaded.")
    return frame


def _column(columns: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((columns[name] for name in names if name in columns), None)


def _moments(values: "pd.Series[str]") -> list[datetime | None]:
    numbers = pd.to_numeric(values, errors="coerce")
    if pd.api.types.is_datetime64_any_dtype(values) or not numbers.notna().any():
        stamps = pd.to_datetime(values, utc=True, errors="coerce", format="mixed")
    else:
        per_second = next(scale for least, scale in _EPOCH_SCALES if float(numbers.abs().max()) >= least)
        stamps = pd.to_datetime((numbers * (1e3 / per_second)).round(), unit="ms", utc=True, errors="coerce")
    return [None if pd.isna(stamp) else stamp.to_pydatetime(warn=False) for stamp in stamps]


def _bases(value: object) -> tuple[str, ...] | None:
    """Bases from "BTC", "BTC,ETH" or a list. None when there are none: they are then taken from the text."""
    if isinstance(value, str):
        parts = value.replace(";", ",").split(",")
    elif isinstance(value, Iterable):
        parts = [str(part) for part in value]
    else:
        return None
    return tuple(part.strip().upper() for part in parts if part.strip()) or None


def _line(
    raw: object, source: str, published: datetime | None, seen: datetime | None, bases: tuple[str, ...] | None
) -> Headline | None:
    if not isinstance(raw, str) or published is None or seen is None:
        return None
    return headline(raw, source, published, seen, bases)


def recorded_source(settings: SourceSettings, news: Sequence[NewsRow], clock: Clock) -> RecordedSource:
    """A file of headlines as the table of sources builds it. Raises DataFault for a file that cannot be read."""
    return RecordedSource(settings.name, settings.weight, read_headlines(Path(settings.path or ""), settings.name))
