"""The fault matrix: each row of the fault plan, what goes wrong on the wire in it, and the tests that show what follows.

A row with `rules` is tried on an entry, a stop, a cancel and an exit (`tests/faults/test_matrix.py`). `tests` are the beginnings
of names of further tests. A row that cannot happen here says why.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from execution.wire.faults import EVENT, Kind, Rule


class Step(StrEnum):
    """The steps of an order's life."""

    ENTRY = "entry"
    STOP = "stop"
    CANCEL = "cancel"
    EXIT = "exit"

    @property
    def endpoint(self) -> str:
        return "order.cancel" if self is Step.CANCEL else "order.place"


AT = "the step's endpoint"
ASKING = ("order.status", "openOrders", "myTrades", "account")
GARBAGE = '{"orderId": "NaN", "status": null, "executedQty": "NaN", "price": "-1e999", "symbol": []}'


class Row(NamedTuple):
    """One row of the plan."""

    what: str
    rules: tuple[Rule, ...] = ()
    tests: tuple[str, ...] = ()
    why_not: str = ""

    def at(self, step: Step) -> tuple[Rule, ...]:
        """What goes wrong while a step is taken."""
        return tuple(rule.model_copy(update={"at": step.endpoint}) if rule.at == AT else rule for rule in self.rules)


def _at(*kinds: Kind, chance: float, at: str = AT, seconds: float = 0.2, **more: object) -> tuple[Rule, ...]:
    shape = {"at": at, "chance": chance, "seconds": seconds, **more}
    return tuple(Rule.model_validate({"kind": kind, **shape}) for kind in kinds)


def _asked(*kinds: Kind, chance: float, **more: object) -> tuple[Rule, ...]:
    return tuple(rule for at in ASKING for rule in _at(*kinds, chance=chance, at=at, **more))  # type: ignore[arg-type]


_LOST = (Kind.LOST_REPLY, Kind.CUT, Kind.HTML, Kind.EMPTY, Kind.NOTHING, Kind.UNKNOWN_STATE)
_PERPETUALS = "tests/execution/venues/perpetuals/test_venue_of_perpetuals.py"
_AWAY = "tests/execution/venues/perpetuals/test_lost_words.py"
_BY_HAND = f"{_PERPETUALS}::test_a_setting_that_is_changed_by_hand_stops_entries_until_it_is_back_and_exits_go_on"
_SHORT_LIVES = "tests/faults/perpetuals/test_short_lives.py"
_VENUE, _EXCHANGE, _ACCOUNT = "tests/execution/venues/exchange/", "tests/agents/exchange/", "tests/execution/account/"

ROWS: Mapping[int, Row] = {
    1: Row("the reply to a new order is lost", _at(*_LOST, chance=0.12), (f"{_VENUE}test_lost_replies",)),
    2: Row(
        "taken by the exchange, and the network is gone",
        (*_at(Kind.LOST_REPLY, Kind.RESET, chance=0.25), *_asked(Kind.RESET, chance=0.25)),
    ),
    3: Row("no evidence for long", (*_at(Kind.LOST_REPLY, chance=0.5), *_asked(Kind.STATUS, chance=0.5, status=502))),
    4: Row(
        "a late request, and answers after it",
        _at(Kind.LATE, Kind.LOST_REPLY, chance=0.35),
        (f"{_VENUE}test_outcomes", f"{_VENUE}lines/test_lines"),
    ),
    5: Row(
        "killed between sending and writing down",
        (),
        ("tests/faults/test_kill_points", f"{_EXCHANGE}test_killed_on_an_exchange"),
    ),
    6: Row(
        "fills are told twice",
        (*_at(Kind.DUPLICATE, Kind.SWAP, chance=0.3, at=EVENT), *_at(Kind.STALE, chance=0.4, at="myTrades")),
        (f"{_VENUE}test_restarts", "tests/execution/venues/test_forgotten_ending"),
    ),
    7: Row(
        "a list is missing, empty or old",
        (*_at(Kind.EMPTY, Kind.NOTHING, chance=0.25, at="openOrders"), *_at(Kind.STALE, chance=0.3, at="order.status")),
        (f"{_VENUE}test_told",),
    ),
    8: Row("a position that the program does not know", (), (f"{_ACCOUNT}test_agreement",)),
    9: Row(
        "sold twice, or foreign coins sold",
        (),
        (f"{_VENUE}test_exits", f"{_VENUE}test_ends_and_bounds", f"{_ACCOUNT}test_doubtful_exits"),
    ),
    10: Row("the reply to a stop is lost", (), (f"{_ACCOUNT}test_doubtful_exits", f"{_VENUE}test_lost_replies")),
    11: Row("a stop is triggered and not filled", (), (f"{_VENUE}test_exits",)),
    12: Row(
        "no stop after a partial fill, or a refused one",
        _at(Kind.PARTIAL, chance=0.6, share=0.5),
        (f"{_ACCOUNT}test_refused_exits", f"{_ACCOUNT}test_doubtful_exits"),
    ),
    13: Row(
        "a partial exit, and then more than is left",
        _at(Kind.PARTIAL, Kind.LOST_REPLY, chance=0.35, share=0.4),
        (f"{_VENUE}test_ends_and_bounds",),
    ),
    14: Row(
        "cancelled while it is filled, or the answer is old",
        (*_at(Kind.LATE, Kind.LOST_REPLY, chance=0.3), *_at(Kind.STALE, chance=0.4, at="order.status")),
        (f"{_ACCOUNT}test_refused_exits",),
    ),
    15: Row("a rest that nothing can sell", (), (f"{_ACCOUNT}test_real_ledger", f"{_ACCOUNT}test_doubtful_exits")),
    16: Row(
        "a fee in the base coin",
        _asked(Kind.LATE, chance=0.3),
        (f"{_ACCOUNT}test_real_ledger", "tests/execution/wire/test_money"),
    ),
    17: Row("the clock is wrong", _at(Kind.CLOCK, chance=0.08, seconds=20.0), (f"{_VENUE}lines/test_lines",)),
    18: Row("maintenance", _at(Kind.MAINTENANCE, chance=0.08, seconds=0.4), (f"{_VENUE}lines/test_lines",)),
    19: Row(
        "too many requests, or banned",
        _at(Kind.TOO_MANY, Kind.BANNED, chance=0.04, seconds=1.0),
        (f"{_VENUE}lines/test_lines",),
    ),
    20: Row(
        "the stream is dead",
        (
            *_at(Kind.LOSE, chance=0.3, at=EVENT),
            *_at(Kind.SILENCE, chance=0.1, at=EVENT, seconds=1.0),
            *_at(Kind.DROP, chance=0.05, at=EVENT),
        ),
        ("tests/execution/wire/test_streams",),
    ),
    21: Row("candles are old", (), ("tests/market/live/test_feed", "tests/agents/session/feed")),
    22: Row("a price of nothing, a bad tick", (), ("tests/market/plausible", f"{_VENUE}test_told")),
    23: Row(
        "not a number",
        (
            *_asked(Kind.ANSWER, chance=0.3, body=GARBAGE, status=200),
            *_at(Kind.ANSWER, chance=0.3, body=GARBAGE, status=200),
        ),
        ("tests/faults/test_mutated_replies",),
    ),
    24: Row("a market is delisted", (), (f"{_VENUE}test_rules",)),
    25: Row("liquidated", (), ("tests/execution/simulated/margined", f"{_ACCOUNT}shorts")),
    26: Row("the disk is full, locked or gone", (), (f"{_EXCHANGE}test_journal_lost", "tests/execution/journal")),
    27: Row("memory grows", (), ("tests/faults/test_soak",)),
    28: Row("breakers are reset by a restart", (), ("tests/agents/session/ending/test_resuming",)),
    29: Row(
        "the kill switch does not end flat",
        (),
        (f"{_EXCHANGE}test_killed_on_an_exchange.py::test_the_kill_switch", "tests/execution/kill_switch"),
    ),
    30: Row("two sessions on one account", (), (f"{_VENUE}test_lease", f"{_VENUE}test_venue")),
    31: Row(
        "a model hangs or answers nonsense",
        why_not="no model stands between an order and its exit; tests/agents/llm and tests/agents/court",
    ),
    32: Row(
        "naive times, summer time",
        why_not="the linter refuses naive times (DTZ), and values at borders are UTC; tests/config/test_clock.py",
    ),
    33: Row(
        "a failed reading is taken for an empty one",
        (*_at(Kind.EMPTY, Kind.NOTHING, chance=0.6, at="account"), *_at(Kind.NOTHING, chance=0.3, at="myTrades")),
        (f"{_VENUE}test_told",),
    ),
    34: Row(
        "paper and live differ", (), ("tests/execution/venues/test_contract", "tests/execution/wire/test_same_fills")
    ),
    35: Row(
        "liquidated, also while nobody is there",
        (),
        (f"{_PERPETUALS}::test_a_liquidation", f"{_AWAY}::test_a_liquidation"),
    ),
    36: Row("hedge mode is switched on by hand", (), (f"{_PERPETUALS}::test_hedge_mode", f"{_BY_HAND}[hedged")),
    37: Row("leverage or margin mode is changed by hand", (), (f"{_BY_HAND}[leverage", f"{_BY_HAND}[cross")),
    38: Row("funding falls due in an outage", (), (f"{_AWAY}::test_funding", f"{_PERPETUALS}::test_funding")),
    39: Row(
        "auto-deleveraged, and begun again after it",
        (),
        (f"{_PERPETUALS}::test_a_reduction_that_nobody", f"{_AWAY}::test_a_market_that_was_deleveraged"),
    ),
    40: Row("a position that is not ours", (), (f"{_PERPETUALS}::test_a_position_of_somebody_else",)),
    41: Row("a stop on the mark price is refused", (), (f"{_SHORT_LIVES}::test_a_short_whose_stop",)),
    42: Row("killed with a short open", (), (f"{_SHORT_LIVES}::test_killed",)),
    43: Row(
        "answers are lost on both sides",
        (),
        (f"{_AWAY}::test_lives", f"{_AWAY}::test_more_lives", f"{_AWAY}::test_a_lost"),
    ),
}
"""By the number in the plan (docs/reliability.md)."""


def rows_of(test: str) -> list[int]:
    """The rows that a test shows, by its name."""
    return [number for number, row in ROWS.items() if test.startswith(row.tests)]
