"""Whole runs for tests, through the command's own entry point, in the test's own folder."""

from pathlib import Path

import pandas as pd

from agents.run import main
from config.reading.load import load_profile
from config.secrets import journal_key
from execution.journal.chain import Event, read_events
from market.simulated.prices import simulate


def run(out: Path, *arguments: str) -> int:
    """Run `tribunal run --quiet` into `out`."""
    return main(["--profile", "paper", "--out", str(out), "--quiet", *arguments])


def events(run_folder: Path) -> list[Event]:
    """All events of a run, verified."""
    return list(read_events(run_folder / "journal.db", journal_key()))


def payloads(run_folder: Path, kind: str) -> list[bytes]:
    return [event.payload for event in events(run_folder) if event.kind == kind]


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
