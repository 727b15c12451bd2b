"""Dockets that were read before, kept on disk: reading years of bars takes minutes, and every training and verdict needs them.

A docket is found by what it was made of: bars, news, settings, voters' files and the version of the program. A file that cannot
be read, or that is of something else, is made again. Only arrays are kept, and nothing in a file is run.
"""

import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from agents.strategies.own import read_own
from config.files import write_whole
from config.settings import Settings
from config.state import state_folder
from config.version import version
from evidence.policy.docket import Docket
from execution.kernel.grid import Columns, Grid
from execution.kernel.lanes.votes import Votes
from market.tape import Tape
from market.timeframe import Timeframe

_FORM = 2
"""Number of this form. One more whenever a docket comes to hold something else from the same bars and settings."""
_MOST_KEPT = 24
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error)
_NUMBERS, _TABLES = ("begin_us", "step_us", "origin", "whole", "largest"), ("prices", "state", "frozen")
"""What is kept of a grid's columns."""
_PARTS = ("market", "quality", "sentiment", "strategies", "court", "limits", "exits", "venue")
"""Sections of a profile that a docket depends on."""


def cache_folder() -> Path:
    """Where dockets are kept: inside the folder of this user's state. Raises UsageFault, OutputFault as `state_folder` does."""
    return state_folder() / "cache" / "dockets"


def docket_hash(tape: Tape, settings: Settings) -> str:
    """SHA-256 of all that a docket is made of. Raises UsageFault for a voter's file that cannot be read."""
    told = settings.model_dump(mode="json", include=set(_PARTS))
    about = {
        "form": _FORM,
        "version": version(),
        "settings": told,
        "own": read_own(settings.strategies),
        "span": [str(each) for each in (tape.history_start_utc, tape.warmup_start_utc, tape.start_utc, tape.end_utc)],
        "timeframe": tape.timeframe.value,
        "instruments": {symbol: repr(rules) for symbol, rules in sorted(tape.instruments.items())},
        "drawn": tape.drawn,
    }
    made = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for symbol in sorted(tape.symbols):
        candles = tape.candles[symbol]
        made.update(symbol.encode())
        for column in (candles.close_ms, *candles.columns):
            made.update(np.ascontiguousarray(column).tobytes())
    for row in tape.news:
        made.update(repr(row).encode())
    return made.hexdigest()


def kept_or_read(name: str, read: Callable[[], Docket], folder: Path | None = None) -> Docket:
    """The docket of this hash: from its file if there is a sound one, otherwise from `read`, and then it is kept.

    A disk that is full or not to be written costs time and nothing else. Raises what `read` raises.
    """
    place = cache_folder() if folder is None else folder
    found = _found(place / f"{name}.npz", name)
    if found is not None:
        return found
    made = read()
    _keep(place, name, made)
    return made


def _found(path: Path, name: str) -> Docket | None:
    try:
        with path.open("rb") as whole, np.load(whole, allow_pickle=False) as file:
            docket = _docket({key: file[key] for key in file.files}, name)
        os.utime(path)
    except _UNREADABLE:
        return None
    return docket


def _docket(kept: dict[str, Any], name: str) -> Docket:
    """The docket of these arrays. Raises KeyError or ValueError for others."""
    about = json.loads(str(kept["about"]))
    if about["name"] != name:
        raise ValueError("a docket of something else")
    prices, state, frozen = (kept[name] for name in _TABLES)
    columns = Columns(**about["columns"], prices=prices, state=state, frozen=frozen)
    shape = columns.shape
    told = {key: kept[f"votes.{key}"] for key in Votes.__slots__ if f"votes.{key}" in kept}
    votes = Votes(**told)
    if (
        any(each.shape != shape for each in told.values())
        or kept["court"].shape != (*shape, 3)
        or prices.shape != (5, *shape)
    ):
        raise ValueError("arrays of different shapes")
    grid = Grid(tuple(about["symbols"]), Timeframe(about["timeframe"]), about["first"], columns)
    return Docket(grid, votes, kept["court"])


def _keep(place: Path, name: str, docket: Docket) -> None:
    grid, columns = docket.grid, docket.grid.columns
    about = {
        "name": name,
        "symbols": grid.symbols,
        "timeframe": grid.timeframe.value,
        "first": grid.first,
        "columns": {name: getattr(columns, name) for name in _NUMBERS},
    }
    arrays: dict[str, Any] = {"court": docket.court} | {name: getattr(columns, name) for name in _TABLES}
    said = ((key, getattr(docket.votes, key)) for key in Votes.__slots__)
    arrays |= {f"votes.{key}": each for key, each in said if each is not None}
    arrays["about"] = np.array(json.dumps(about))
    try:
        place.mkdir(parents=True, exist_ok=True)
        written = io.BytesIO()
        np.savez(written, **arrays)
        write_whole(place / f"{name}.npz", written.getvalue())
        _forget_old(place)
    except OSError:
        return


def _forget_old(place: Path) -> None:
    """Keep the files that were read last."""
    files = sorted(place.glob("*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[_MOST_KEPT:]:
        path.unlink(missing_ok=True)
