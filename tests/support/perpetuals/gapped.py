"""A session that is short when its market gaps far up: a first run on the same bars says where a short is held."""

import argparse
import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

if __name__ == "__main__":
    for support in ("", "account", "court", "market", "perpetuals"):
        sys.path.append(str(Path(__file__).resolve().parents[1] / support))
    sys.path.append(str(Path(__file__).resolve().parents[3]))

import numpy as np
import pandas as pd

from agents.desk.description import describe
from agents.desk.kept import kept_request
from agents.desk.outside import outside_of
from agents.desk.paper import open_paper
from agents.desk.world import tape_of, world_of
from agents.records.folder import new_journal
from agents.session import run_session
from config.frozen import Journaled
from config.secrets import journal_key
from execution.journal.chain import Journal

PROFILE = """
extends: backtest
strategies:
  - {strategy: rsi_bounce, sides: both}
exits: {take_profit_fraction: 0.02, take_profit_share: 0.99}
market:
  perpetuals: {leverage: 3, trigger: mark}
  instruments:
    BTC/USDT:
      perpetual: {tiers: [{up_to: null, max_leverage: 20, maintenance_rate: "0.01"}], liquidation_fee_bps: "50"}
"""
START = pd.Timestamp("2024-01-01", tz="UTC")
BARS, WARMUP = 480, 300


def bars(gap_at: datetime | None = None, factor: float = 1.6) -> pd.DataFrame:
    """Hours of a market that swings, and from `gap_at` on trades so many times higher."""
    hours = np.arange(BARS + 1)
    price = 100.0 * (1.0 + 0.04 * np.sin(hours / 9.0) + 0.01 * np.sin(hours / 2.3))
    opened = START + pd.to_timedelta(hours[:-1], unit="h")
    first, last = price[:-1].copy(), price[1:].copy()
    if gap_at is not None:
        later = np.array([moment >= gap_at for moment in opened])
        first[later] *= factor
        last[later] *= factor
    high, low = np.maximum(first, last) * 1.001, np.minimum(first, last) * 0.999
    return pd.DataFrame(
        {"timestamp": opened, "open": first, "high": high, "low": low, "close": last, "volume": 100_000.0}
    )


def arguments(folder: Path, gap_at: datetime | None = None) -> list[str]:
    """The options of a session on such bars, which are written into the folder."""
    profile, data = folder / "short.yaml", folder / "BTCUSDT_perp_1h.parquet"
    profile.write_text(PROFILE)
    bars(gap_at).to_parquet(data)
    begin = START + pd.Timedelta(hours=WARMUP)
    return ["--profile", str(profile), "--data", str(data), "--start", begin.strftime("%Y-%m-%dT%H:%M")]


class Dies(Journal):
    """A journal whose process is killed when an event is on disk."""

    last = 0

    def append(self, event: Journaled) -> int:
        seq = super().append(event)
        if seq == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        return seq


def die(folder: Path, last: int) -> None:
    """Run the session that is asked for in the folder, and be killed with -9 when event `last` is on disk."""
    kept = kept_request(folder)
    assert kept is not None
    world, key = world_of(kept.world), journal_key()
    tape = tape_of(world)
    session, journal = describe(world.settings, tape, key), Dies(new_journal(folder, None), key, 1)
    journal.last = last
    outside = outside_of(world.settings, None, journal)

    async def trade() -> None:
        desk = open_paper(world.settings, session, tape, journal, key, outside)
        await run_session(desk, lambda: False, lambda record: None)

    asyncio.run(trade())


if __name__ == "__main__":
    parse = argparse.ArgumentParser()
    parse.add_argument("folder", type=Path)
    parse.add_argument("last", type=int)
    asked = parse.parse_args()
    die(asked.folder, asked.last)
