"""Sessions of both sides on the exchange of perpetuals over the wire, each in a process: killed, and with stops that are refused.

    python tests/support/faults/short_lives.py FOLDER

Run by `tests/faults/perpetuals/test_short_lives.py`. Each line is one life; the first is of a session that nobody kills.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
for folder in ("", "account", "court", "faults", "market", "policies", "storage", "wires"):
    sys.path.append(str(HERE.parent / folder))
sys.path.append(str(HERE.parents[2]))

from halt_support import journaled  # noqa: E402
from kill_driver import Life, lived, told  # noqa: E402
from kill_points import Point, named  # noqa: E402
from kill_world import Scene  # noqa: E402

from config.reading.connections import loaded  # noqa: E402
from execution.reports import Fill, OrderStatus, SentOrder, VenueWord  # noqa: E402
from execution.wire.faults import Kind, Rule, Scenario  # noqa: E402
from risk.order import OrderKind  # noqa: E402

BARS, SEED = 23, 22
"""In these bars BTC is sold short at the eleventh close and ETH at the eighteenth, and a funding time passes under them."""
VOTERS = [{"strategy": name, "sides": "both"} for name in ("golden_cross", "rsi_bounce")] + [{"strategy": "ema_cross"}]
MORE: dict[str, Any] = {"market.scenario": "chop", "limits.max_funding_share": None, "strategies": VOTERS}
POINTS = (
    Point("before the write of intent: stop_loss stop", 3), Point("after the write of intent: stop_loss stop", 3),
    Point("after the write of intent: stop_loss stop", 4), Point("before the write of cycle", 14),
    Point("after the write of cycle", 17), Point("after the write of cycle", 20), Point("before the write of cycle", 19),
)  # fmt: skip
"""In the first three a short is open that no stop covers yet; in the others one or two lie under their stops."""
TRIGGERS_NOW = Rule(
    at="algoOrder.place", kind=Kind.ANSWER, chance=1.0, status=400,
    body='{"code":-2021,"msg":"Order would immediately trigger."}',
)  # fmt: skip


def shown(folder: Path, life: Life) -> dict[str, Any]:
    """A life as JSON: the orders of its journal, whether the last side of a market was short when it was killed, and of a session
    whose stops are refused how long it took from there to the order at market [s]."""
    events = [each.event for each in journaled(folder / "run")]
    orders = [each for each in events if isinstance(each, SentOrder)]
    told_orders = [f"{each.purpose.value} {each.side.value} {each.symbol} {each.kind.value}" for each in orders]
    states = [state for each in events if isinstance(each, VenueWord) for state in each.report.states]
    stops = {each.order_id: each for each in orders if each.kind is OrderKind.STOP}
    refused = [each for each in states if each.order_id in stops and each.status is OrderStatus.REJECTED]
    at_market = {each.order_id for each in orders if each.kind is OrderKind.MARKET and each.reduce_only}
    taken = [each for each in states if each.order_id in at_market and each.status is OrderStatus.ACCEPTED]
    later = [[sold.at_utc for sold in taken if sold.decision_id == each.decision_id] for each in refused]
    bare = [(min(times) - each.at_utc).total_seconds() for each, times in zip(refused, later, strict=True) if times]
    return {
        **told(life), "orders": told_orders, "refused": len(refused), "sold_after_s": max(bare, default=0.0),
        "short_then": _short_when_killed(events, life),
    }  # fmt: skip


def _fills(events: list[Any]) -> list[Fill]:
    return [fill for each in events if isinstance(each, VenueWord) for fill in each.report.fills]


def _short_when_killed(events: list[Any], life: Life) -> bool:
    """Whether a short was open at the event at which a session was killed."""
    if not life.killed:
        return False
    place, _, nth = life.killed[0].rpartition(" (")
    name, passed, held = place.partition(" the write of ")[2], 0, Counter[str]()
    for event in events:
        if named(event) == name:
            passed += 1
            if passed == int(nth.rstrip(")")):
                break
        for fill in event.report.fills if isinstance(event, VenueWord) else ():
            held[fill.symbol] += fill.side.sign * fill.quantity  # type: ignore[assignment]
    return min(held.values(), default=0) < 0


def main() -> None:
    folder = Path(sys.argv[1])
    for package in ("ccxt.async_support", "ccxt.pro"):
        loaded(package)  # once, and not in each process
    scene = Scene(SEED, BARS, drawn="perp", **MORE)
    for number, points in enumerate(((), *((point,) for point in POINTS))):
        life = lived(scene, folder / f"life-{number}", points)
        print(json.dumps({"at": points, **shown(folder / f"life-{number}", life)}), flush=True)
    life = lived(scene, folder / "refused", (), Scenario(faults=(TRIGGERS_NOW,)))
    print(json.dumps({"at": "refused", **shown(folder / "refused", life)}), flush=True)


if __name__ == "__main__":
    main()
