"""Each row of the fault plan that leaves something in doubt, and the alert that it raises; one without says why it needs none."""

from decimal import Decimal
from typing import NamedTuple

from fault_scenes import (
    ASKED_OF_PERPETUALS,
    TRIGGERS_NOW,
    Happens,
    bad_tick,
    breaker,
    by_hand,
    clock_off,
    delisted,
    disk_full,
    drift,
    dust,
    foreign,
    gone_process,
    halted,
    liquidated,
    lost,
    models_silent,
    overdue,
    oversold,
    perpetual,
    place,
    wire,
)
from perpetual_wire import BTC

from execution.wire.faults import Kind
from risk.order import Purpose


class Raised(NamedTuple):
    """A fault, the alert that it raises, and what makes it happen."""

    what: str
    code: str
    happens: Happens


FAULTS: dict[int, Raised | str] = {
    1: Raised(
        "the reply to a new order is lost",
        "order_unknown",
        wire(
            "buy 0.06 market",
            place(Kind.LOST_REPLY),
            asking=Kind.RESET,
        ),
    ),
    2: Raised(
        "taken by the exchange, and the network is gone",
        "order_unknown",
        wire(
            "buy 0.06 market",
            place(Kind.LOST_REPLY),
            asking=Kind.RESET,
        ),
    ),
    3: Raised(
        "no evidence for long",
        "order_unknown",
        wire(
            "buy 0.06 market",
            place(Kind.LOST_REPLY),
            asking=Kind.STATUS,
        ),
    ),
    4: Raised(
        "a late request, and answers after it",
        "order_unknown",
        wire(
            "buy 0.06 market",
            place(Kind.LATE, seconds=5.0),
            asking=Kind.STATUS,
        ),
    ),
    5: Raised("killed between sending and writing down", "process_gone", gone_process),
    6: "a restart books each fill once (docs/reliability.md); that it was killed is told by `process_gone`",
    7: "working orders are never dropped, so nothing is in doubt; an order of unknown fate is told (rows 1 to 4)",
    8: Raised("a position that the program does not know", "account_drift", drift),
    9: Raised("sold twice, or foreign coins sold", "close_only", oversold),
    10: Raised(
        "the reply to a stop is lost",
        "order_unknown",
        wire(
            "sell 0.059 stop 90",
            place(Kind.LOST_REPLY, times=1),
            asking=Kind.RESET,
            before="buy 0.06 market",
        ),
    ),
    11: "what a stop did not fill is sold at market after `escalate_s`, and that fill is told; a refused sale is `exit_failed`",
    12: Raised(
        "a stop is refused",
        "stop_failed",
        wire(
            "sell 0.05 stop 200",
            before="buy 0.06 market",
            purpose=Purpose.STOP_LOSS,
        ),
    ),
    13: Raised(
        "a partial exit whose answer is lost",
        "order_unknown",
        wire(
            "sell 0.059 market",
            place(Kind.LOST_REPLY),
            asking=Kind.RESET,
            before="buy 0.06 market",
            purpose=Purpose.STRATEGY_EXIT,
        ),
    ),
    14: "a cancel without an answer leaves the order working, and its fill is told when it is heard; nothing is placed beside it",
    15: Raised("a rest that nothing can sell", "dust", dust),
    16: "fees in another coin are booked; what does not add up is `account_drift` (row 8)",
    17: Raised("the clock is wrong", "clock_off", clock_off),
    18: Raised(
        "maintenance",
        "order_unknown",
        wire(
            "buy 0.06 market",
            place(Kind.MAINTENANCE, seconds=20.0),
        ),
    ),
    19: Raised(
        "too many requests, or banned",
        "order_rejected",
        wire(
            "buy 0.06 market",
            place(Kind.BANNED, seconds=5.0),
        ),
    ),
    20: "the stream is a hint only; all is asked for over REST. If that fails too, see rows 18 and 21",
    21: Raised("candles do not come", "bar_overdue", overdue),
    22: Raised("a price of nothing, a bad tick", "data_frozen", bad_tick(0.0)),
    23: Raised("not a number", "data_frozen", bad_tick(float("nan"))),
    24: Raised("a market is delisted", "close_only", delisted),
    25: Raised("liquidated", "liquidated", liquidated),
    26: Raised("the disk is full", "journal_lost", disk_full),
    27: "memory is bounded (soak); the kernel's killer is `process_gone`, as in row 5",
    28: Raised("a breaker trips", "breaker", breaker),
    29: Raised("the kill switch falls", "kill_switch", halted),
    30: "the second session is refused before it begins, with its reason on stderr",
    31: Raised("models are silent", "outage_began", models_silent),
    32: "naive times cannot enter (DTZ, UtcTime)",
    33: "a failed reading is no reading and changes nothing; one that stays away is `venue_unreachable`",
    34: "one account, one gate, one protocol for paper and live; what an exchange does otherwise is `account_drift`",
    35: Raised("liquidated, also while nobody is there", "liquidated", liquidated),
    36: Raised(
        "hedge mode is switched on by hand",
        "close_only",
        by_hand(lambda on: setattr(on.exchange.margins, "hedged", True)),
    ),
    37: Raised(
        "leverage or margin mode is changed by hand",
        "close_only",
        by_hand(lambda on: on.exchange.margins.leverage.update({BTC: Decimal(7)})),
    ),
    38: "funding that fell due is booked once, by the exchange's own number, when it is back; the outage is `venue_unreachable`",
    39: Raised("auto-deleveraged", "close_only", by_hand(lambda on: on.exchange.deleverage(BTC, Decimal(2)))),
    40: Raised(
        "a position that is not ours",
        "close_only",
        foreign,
    ),
    41: Raised(
        "a stop on the mark price is refused",
        "stop_failed",
        perpetual("close sell 6 stop 90", TRIGGERS_NOW, before="open buy 6 market"),
    ),
    42: Raised("killed with a short open", "process_gone", gone_process),
    43: Raised(
        "answers are lost on both sides",
        "order_unknown",
        perpetual("open sell 2 market", place(Kind.LOST_REPLY), *(lost(at, Kind.RESET) for at in ASKED_OF_PERPETUALS)),
    ),
}
"""By the number in the plan (docs/reliability.md)."""


def line(number: int, seconds: str) -> str:
    """A row of the table in docs/runbook.md."""
    row = FAULTS[number]
    if isinstance(row, str):
        return f"| {number} | none needed: {row} | | | |"
    return f"| {number} | {row.what} | `{row.code}` | JSON | {seconds} |"
