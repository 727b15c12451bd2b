"""A session that lives long on an exchange over the wire that fails again and again: memory, open files, unhandled errors.

    python tests/support/faults/soak.py FOLDER --hours 24 --symbols 20 --timeframe 5m

The exchange and the session are processes of their own, and talk over loopback through unmodified ccxt. What is faster than the
clock: a bar closes as soon as the one before was decided on, and the exchange is asked for orders, trades and books every few
tenths of a second instead of every few seconds. All else, the journal on the disk too, is as in any session.
"""

import argparse
import json
import os
import signal
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).resolve().parent))

from kill_driver import weighed
from kill_world import PACE, Scene, asked, forked, serve, trade

from config.reading.connections import loaded
from execution.wire.faults import Kind, Rule, Scenario
from market.timeframe import Timeframe

COINS = (
    "BTC", "ETH", "SOL", "BNB", "XRP", "ADA", "DOGE", "LINK", "AVAX", "DOT", "LTC", "ATOM", "NEAR", "UNI", "FIL", "APT", "ARB",
    "OP", "TRX", "ETC",
)  # fmt: skip
FAULTS = Scenario(
    seed=11,
    faults=(
        Rule(at="order.place", kind=Kind.LOST_REPLY, chance=0.05), Rule(at="order.place", kind=Kind.CUT, chance=0.03),
        Rule(at="order.cancel", kind=Kind.LOST_REPLY, chance=0.05),
        Rule(at="order.cancel", kind=Kind.STATUS, status=502, chance=0.05), Rule(at="myTrades", kind=Kind.EMPTY, chance=0.03),
        Rule(at="openOrders", kind=Kind.STATUS, status=504, chance=0.03),
        Rule(at="depth", kind=Kind.HTML, chance=0.01), Rule(at="*", kind=Kind.RESET, chance=0.01),
        Rule(at="event", kind=Kind.LOSE, chance=0.05), Rule(at="event", kind=Kind.DROP, chance=0.01),
    ),
)  # fmt: skip
LONG = PACE._replace(
    book_s=0.5, poll_s=0.2, idle_s=1.0, watch_s=0.2, settle_s=1.0, timeout_s=5.0, patience_s=5.0, cancel_s=10.0
)
UNHANDLED = ("Traceback", "never retrieved", "Unclosed", "was never awaited")
SAMPLE_S = 1.0


def sampled(process: int) -> dict[str, float]:
    """Memory [MB], open files and threads of a process."""
    folder = Path(f"/proc/{process}")
    pages = int((folder / "statm").read_text().split()[1])
    return {
        "mb": pages * os.sysconf("SC_PAGE_SIZE") / 2**20, "files": len(os.listdir(folder / "fd")),
        "threads": len(os.listdir(folder / "task")),
    }  # fmt: skip


def slope(rows: list[dict[str, float]], name: str) -> float:
    """How much a figure grows in an hour of the market, by least squares; the first quarter is left out."""
    kept = [row for row in rows if row["hour"] >= rows[-1]["hour"] / 4]
    if len(kept) < 3:
        return 0.0
    return float(np.polyfit([row["hour"] for row in kept], [row[name] for row in kept], 1)[0])


def soak(folder: Path, hours: int, symbols: int, timeframe: str, longest_s: float) -> dict[str, Any]:
    """Live through so many hours of the market, and tell the figures."""
    length_s = Timeframe(timeframe).duration.total_seconds()
    bars = int(hours * 3600 / length_s)
    scene = Scene(5, bars, [f"{coin}/USDT" for coin in COINS[:symbols]], **{"market.timeframe": timeframe})
    folder.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    exchange = forked(lambda: serve(scene, folder, writing, FAULTS))
    url, begun_s, rows = os.read(reading, 200).decode(), time.monotonic(), list[dict[str, float]]()
    session = forked(lambda: _session(scene, folder, url))
    status = None
    try:
        while status is None and time.monotonic() - begun_s < longest_s:
            time.sleep(SAMPLE_S)
            found, ended = os.waitpid(session, os.WNOHANG)
            if found:
                status = os.waitstatus_to_exitcode(ended)
                break
            passed = asked(folder)["passed"]
            if passed:
                rows.append({"hour": passed * length_s / 3600, **sampled(session)})
        if status is None:
            os.kill(session, signal.SIGKILL)
            os.waitpid(session, 0)
        told = asked(folder, all=True)
    finally:
        os.kill(exchange, signal.SIGKILL)
        os.waitpid(exchange, 0)
        os.close(reading)
        os.close(writing)
    said = (folder / "stderr").read_text(encoding="utf-8")
    end = json.loads((folder / "end.json").read_text()) if status == 0 else None
    faults = [f"it did not come to its end in {longest_s:.0f} s"] if status is None else []
    faults += [f"it ended with {status}"] if status else []
    faults += weighed(scene, folder, url, end | {"safe_after_s": 0.0}, told) if end is not None else []
    return {
        "hours": told["passed"] * length_s / 3600, "symbols": symbols, "bars": bars, "seconds": time.monotonic() - begun_s,
        "orders": len(told["orders"]), "fills": sum(bool(Decimal(each["executed"])) for each in told["orders"]),
        "first": rows[0] if rows else {}, "last": rows[-1] if rows else {}, "mb_an_hour": slope(rows, "mb"),
        "files_an_hour": slope(rows, "files"), "happened": told["happened"],
        "unhandled": sum(said.count(word) for word in UNHANDLED), "faults": faults,
        "said": said[-2000:],
    }  # fmt: skip


def _session(scene: Scene, folder: Path, url: str) -> None:
    errors = os.open(folder / "stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(errors, 2)
    trade(scene, folder, url, None, watched=False, pace=LONG)


def main() -> None:
    parse = argparse.ArgumentParser()
    parse.add_argument("folder", type=Path)
    parse.add_argument("--hours", type=int, default=24)
    parse.add_argument("--symbols", type=int, default=20)
    parse.add_argument("--timeframe", default="5m")
    parse.add_argument("--longest-s", type=float, default=3600.0)
    options = parse.parse_args()
    for package in ("ccxt.async_support", "ccxt.pro"):
        loaded(package)
    found = soak(options.folder, options.hours, options.symbols, options.timeframe, options.longest_s)
    print(json.dumps(found, default=str), flush=True)


if __name__ == "__main__":
    main()
