"""Kills sessions at their places, one after another, and lets them come back. Run by `tests/faults/test_kill_points.py`:

    python tests/support/faults/kill_driver.py FOLDER --sample 30 --seed 1 --part 0/2

The first session is not killed: it says which places there are. `--sample`: how many points are tried, 0 for all.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
for folder in ("", "account", "court", "faults", "market", "policies", "storage", "wires"):
    sys.path.append(str(HERE.parent / folder))
sys.path.append(str(HERE.parents[2]))
os.environ["TRIBUNAL_JOURNAL_KEY"] = "cd" * 32

from fault_table import way_of  # noqa: E402
from halt_support import journaled  # noqa: E402
from kill_points import Point  # noqa: E402
from kill_world import RUN, SAFE_WITHIN_S, Scene, asked, forked, serve, trade  # noqa: E402

from config.reading.connections import loaded  # noqa: E402
from execution.reports import SentOrder  # noqa: E402
from execution.venues.exchange.ids import ClientIds  # noqa: E402
from execution.venues.exchange.venue import name_of_account  # noqa: E402
from execution.wire.faults import Scenario  # noqa: E402

BARS, SEED = 24, 12
"""In these bars two markets are bought, a target is sold, a stop is moved up, and voters sell twice."""
LONGEST_S = 120.0


class Life(NamedTuple):
    """What became of a session that was killed at some points, one after another."""

    killed: tuple[str, ...]
    faults: tuple[str, ...]
    safe_after_s: float
    worked_s: float = 0.0
    """Of that, time of the processor."""
    reached: Mapping[str, int] = MappingProxyType({})
    """The places of its last process."""
    recovery: Mapping[str, int] = MappingProxyType({})
    """Those of them that it came to before it was safe."""


def lived(scene: Scene, folder: Path, points: tuple[Point, ...], wrong: Scenario | None = None) -> Life:
    """A session on an exchange of its own, killed at these points and come back after each. `wrong`: what goes wrong there."""
    folder.mkdir()
    reading, writing = os.pipe()
    exchange = forked(lambda: serve(scene, folder, writing, wrong))
    os.close(writing)
    killed = list[str]()
    try:
        url = os.read(reading, 200).decode()
        for point in (*points, None):
            status = _ended(forked(lambda at=point: trade(scene, folder, url, at)))  # type: ignore[misc]
            if status is None:
                return Life((*killed, str(point)), ("it hangs",), LONGEST_S)
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL and point is not None:
                killed.append(f"{point.place} ({point.nth})")
            elif status != 0:
                return Life((*killed, str(point)), (f"it ended with {os.waitstatus_to_exitcode(status)}",), 0.0)
            else:
                break
        end = json.loads((folder / "end.json").read_text())
        faults = tuple(weighed(scene, folder, url, end, asked(folder, all=True)))
        return Life(tuple(killed), faults, end["safe_after_s"], end["worked_s"], end["reached"], end["recovery"])
    finally:
        os.close(reading)
        os.kill(exchange, signal.SIGKILL)
        os.waitpid(exchange, 0)


def _ended(process: int) -> int | None:
    """How a process ended; None for one that had to be killed because it went on for too long."""
    until_s = time.monotonic() + LONGEST_S
    while time.monotonic() < until_s:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return status
        time.sleep(0.005)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return None


def weighed(scene: Scene, folder: Path, url: str, end: dict[str, Any], told: dict[str, Any]) -> list[str]:
    """What is wrong at the end, in words."""
    settings = scene.settings.venue.model_copy(update={"url": url})
    ids = ClientIds(name_of_account(settings, live=False), RUN)
    events = [each.event for each in journaled(folder / "run")]
    orders = {event.order_id: event for event in events if isinstance(event, SentOrder)}
    ids.know(orders)
    faults, done, seen = [], Counter[str](), Counter(each["client_id"] for each in told["orders"])
    for each in told["orders"]:
        order_id = ids.order_of(each["client_id"])
        if order_id is None:
            faults.append(f"an orphan: {each}")
            continue
        done[order_id] += Decimal(each["executed"])  # type: ignore[assignment]
    faults += [f"sent twice: {client_id}" for client_id, often in seen.items() if often > 1]
    faults += [f"more than ordered: {name}" for name, most in done.items() if most > orders[name].quantity]
    if told["bare"]:
        faults.append(f"unprotected: {told['bare']}")
    busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # others' work is no time of its own
    if end["safe_after_s"] >= SAFE_WITHIN_S * busy:
        faults.append("not safe in time")
    coins = {symbol: Decimal(told["coins"][symbol.partition("/")[0]]) for symbol in scene.tape.symbols}
    owned = {symbol: Decimal(end["owned"].get(symbol, "0")) for symbol in coins}
    if coins != owned:
        faults.append(f"the exchange has {coins}, the ledger {owned}")
    if Decimal(told["coins"]["USDT"]) - 5 != Decimal(end["cash"]):
        faults.append(f"the exchange has {told['coins']['USDT']} less 5 USDT, the ledger {end['cash']}")
    faults += [f"drift: {event.text}" for event in events if type(event).event_kind == "account_drift"]  # type: ignore[attr-defined]
    return faults


def points_of(reached: Mapping[str, int]) -> list[Point]:
    """The first, a middle and the last time of each place; of each write of the journal every one."""
    found = []
    for place, often in sorted(reached.items()):
        times = range(1, often + 1) if " the write of " in place else sorted({1, (often + 1) // 2, often})
        found += [Point(place, nth) for nth in times]
    return found


def spread(points: list[Point], chance: Random) -> list[Point]:
    """The points by chance, but one of each way to a place before a second one of any."""
    mixed, often = chance.sample(points, len(points)), Counter[str]()
    ranked = []
    for point in mixed:
        way = way_of(point.place)
        often[way] += 1
        ranked.append((often[way], point))
    return [point for _, point in sorted(ranked, key=lambda each: each[0])]


def told(life: Life) -> dict[str, Any]:
    """A life as JSON."""
    return {**life._asdict(), "reached": dict(life.reached), "recovery": dict(life.recovery)}


def main() -> None:
    parse = argparse.ArgumentParser()
    parse.add_argument("folder", type=Path)
    parse.add_argument("--sample", type=int, default=0)
    parse.add_argument("--again", type=int, default=0)
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--part", default="0/1")
    options = parse.parse_args()
    part, parts = map(int, options.part.split("/"))
    for package in ("ccxt.async_support", "ccxt.pro"):
        loaded(package)  # once, and not in each process
    scene, chance = Scene(SEED, BARS), Random(options.seed)
    begun_s = time.monotonic()
    whole = lived(scene, options.folder / "whole", ())
    print(json.dumps({"whole": told(whole), "seconds": time.monotonic() - begun_s}), flush=True)
    points = points_of(whole.reached)
    tried = spread(points, chance)[: options.sample or None]
    print(json.dumps({"points": len(points), "tried": len(tried)}), flush=True)
    for number, point in enumerate(tried):
        if number % parts == part:
            life = lived(scene, options.folder / f"point-{number}", (point,))
            if not life.faults:
                shutil.rmtree(options.folder / f"point-{number}")
            print(json.dumps({"point": point, "life": told(life)}), flush=True)
            for again, second in enumerate(
                chance.sample(points_of(life.reached), min(options.again, len(life.reached)))
            ):
                twice = lived(scene, options.folder / f"point-{number}-{again}", (point, second))
                print(json.dumps({"point": point, "again": second, "life": told(twice)}), flush=True)


if __name__ == "__main__":
    main()
