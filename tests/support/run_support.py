"""Whole runs for tests, through the command's own entry point, in the test's own folder."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import pandas as pd
from gate_support import FOUR

from agents.records.events import read_events
from agents.records.folder import journal_of
from agents.records.registry import Recorded
from agents.run import main
from config.frozen import Journaled
from config.reading.load import load_profile
from config.secrets import journal_key
from execution.journal.chain import read_rows
from execution.journal.rows import Row
from market.simulated.prices import simulate

Kind = TypeVar("Kind", bound=Journaled)


def voters(*arguments: str) -> tuple[str, ...]:
    """The options that seat the old four, unless these arguments say who votes, or name a profile that does."""
    said_already = any(each in ("--strategy", "--profile") or each.startswith("strategies") for each in arguments)
    return () if said_already else ("--strategy", *FOUR)


def run(out: Path, *arguments: str) -> int:
    """Run `tribunal run --quiet` into `out`, with the old four if the arguments name no voters."""
    return main(["--profile", "paper", "--out", str(out), "--quiet", *voters(*arguments), *arguments])


def events(run_folder: Path) -> list[Recorded]:
    """All events of a run, verified and read."""
    return list(read_events(journal_of(run_folder), journal_key()))


def rows(run_folder: Path) -> list[Row]:
    """All rows of a run's journal, verified and not read."""
    return list(read_rows(journal_of(run_folder), journal_key()))


def said(found: Iterable[Recorded], kind: type[Kind]) -> list[Kind]:
    """The events of one class, in their order."""
    return [recorded.event for recorded in found if isinstance(recorded.event, kind)]


def payloads(run_folder: Path, kind: type[Journaled]) -> list[bytes]:
    """The bytes of the events of one class."""
    return [recorded.payload for recorded in events(run_folder) if isinstance(recorded.event, kind)]


def write_bars(folder: Path, symbols: tuple[str, ...] = ("BTC/USDT",), days: int = 20, seed: int = 3) -> list[Path]:
    """Write Parquet files of simulated candles, in the format of exchanges (open times, UTC)."""
    settings = load_profile("paper", {"market.session_days": days, "market.symbols": list(symbols)})
    paths = []
    for symbol, candles in simulate(settings, seed).candles.items():
        frame = pd.DataFrame(
            {
                "timestamp": pd.to_datetime(candles.close_ms - 3_600_000, unit="ms", utc=True),
                "open": candles.open,
                "high": candles.high,
                "low": candles.low,
                "close": candles.close,
                "volume": candles.volume,
            }
        )
        path = folder / f"venue_{symbol.replace('/', '')}_1h.parquet"
        frame.to_parquet(path)
        paths.append(path)
    return paths


def change_after(path: Path, moment: str, factor: float = 1.07) -> None:
    """Change prices and volumes of every bar that opens at or after `moment`."""
    frame = pd.read_parquet(path)
    later = frame["timestamp"] >= pd.Timestamp(moment, tz="UTC")
    for column in ("open", "high", "low", "close"):
        frame.loc[later, column] = frame.loc[later, column].iloc[::-1].to_numpy() * factor
    frame.loc[later, "high"] = frame.loc[later, ["open", "close", "high", "low"]].max(axis=1)
    frame.loc[later, "low"] = frame.loc[later, ["open", "close", "high", "low"]].min(axis=1)
    frame.loc[later, "volume"] *= 3
    frame.to_parquet(path)
