"""`decisions.jsonl`: one line for each case: what was proposed, ruled, adjusted and decided by the gate, and what became of it.

A line is a JSON object. A dotted name below is a field of an object inside it. `order` is null if none was signed, `trade` if
none is closed, `outcome` if the run ended before it was known. `at_once` is the order of the share that was entered before the
models had ruled (`court.fast_share`; null for none), and `order` that of the rest: one decision. Where no ruling came, the line
tells what the rules mind ruled. Exact decimals are strings.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from agents.memory.outcomes import HORIZON_BARS, CaseOutcome
from ops.exports.columns import Column, moment
from ops.exports.orders import OrderLine, order_lines
from ops.story.cases import DecidedCase
from ops.story.perpetual.sides import side_of
from ops.story.story import Story
from ops.story.tally import RoundTrip
from ops.story.trips import named

_ENDS = {1: "target", -1: "stop", 0: "neither"}


class DecisionLine(NamedTuple):
    """What a line is made of: the case, its order, that of the share which was entered before the ruling, the trade that it
    opened, and the outcome of its purchase."""

    case: DecidedCase
    order: OrderLine | None
    at_once: OrderLine | None
    trade: RoundTrip | None
    outcome: CaseOutcome | None


def decision_lines(story: Story) -> Iterator[DecisionLine]:
    """The cases of a run, oldest first."""
    orders = {line.order.order_id: line for line in order_lines(story)}
    trades = {trip.decision_id: trip for trip in story.trades}
    outcomes = story.cases.outcomes
    for case in story.cases.heard:
        name = case.decision_id
        order, first = (orders.get(order_id or "") for order_id in (case.order_id, case.at_once_id))
        yield DecisionLine(case, order, first, trades.get(name), outcomes.get(name))


def jsonl_of(lines: Iterator[DecisionLine], *, perpetual: bool = False) -> bytes:
    """The lines as JSON in UTF-8, each with a line feed. `perpetual`: those of a run on perpetuals, with more fields."""
    objects = (as_object(line, perpetual=perpetual) for line in lines)
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in objects)


def as_object(line: DecisionLine, *, perpetual: bool = False) -> dict[str, Any]:
    """One line as nested objects. `perpetual`: of a run on perpetuals, with more fields."""
    found = _nested(FIELDS, line)
    for name, part, fields in (
        ("order", line.order, ORDER_FIELDS),
        ("at_once", line.at_once, ORDER_FIELDS),
        ("trade", line.trade, (*TRADE_FIELDS, *(PERPETUAL_TRADE_FIELDS if perpetual else ()))),
        ("outcome", line.outcome, OUTCOME_FIELDS),
    ):
        found[name] = None if part is None else _nested(fields, part)
    return found


def _nested(fields: Sequence[Column[Any]], source: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields:
        *sections, last = field.name.split(".")
        at = found
        for section in sections:
            at = at.setdefault(section, {})
        at[last] = _plain(field.value(source))
    return found


def _plain(value: Any) -> Any:
    """A value as JSON has it: decimals are strings, moments are text."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return moment(value) if hasattr(value, "astimezone") else value


def _votes(case: DecidedCase) -> list[Mapping[str, Any]]:
    return [vote._asdict() for vote in case.votes]


def _policy(line: DecisionLine, name: str) -> Any:
    """A field of the policy's opinion; None without a policy."""
    return None if line.case.policy is None else getattr(line.case.policy, name)


FIELDS: tuple[Column[DecisionLine], ...] = (
    Column("decision_id", "", "name of the decision", lambda line: line.case.decision_id),
    Column("as_of_utc", "UTC", "close of the bar on which it was made", lambda line: line.case.as_of_utc),
    Column("symbol", "", "market", lambda line: line.case.symbol),
    Column("strategy", "", "voters that proposed it, joined by +", lambda line: named(line.case)),
    Column("proposed.direction", "", "long, short or none", lambda line: line.case.direction),
    Column("proposed.conviction", "0 to 1", "net of all votes", lambda line: line.case.conviction),
    Column("proposed.against", "0 to 1", "weight that was overruled", lambda line: line.case.against),
    Column("proposed.price", "quote", "close of that bar", lambda line: line.case.price),
    Column(
        "proposed.votes",
        "",
        "list of votes: voter, direction, confidence (0 to 1), weight",
        lambda line: _votes(line.case),
    ),
    Column(
        "proposed.share",
        "0 to 1",
        "share of a full position that position voters want; null for voters of single events",
        lambda line: line.case.share,
    ),
    Column(
        "proposed.held_share",
        "0 to 1",
        "share for which the position stands that would be enlarged; null for a new one",
        lambda line: line.case.held_share,
    ),
    Column("ruled.outcome", "", "approved, shrunk or rejected", lambda line: line.case.ruling),
    Column("ruled.scale", "fraction", "part of the size that the court left", lambda line: line.case.scale),
    Column("ruled.why", "", "reason of the court", lambda line: line.case.why),
    Column("ruled.speakers", "", "object: who spoke, by role", lambda line: line.case.speakers),
    Column("adjusted.by", "", "adjuster: off, or the policy", lambda line: line.case.adjuster),
    Column(
        "adjusted.scale",
        "fraction",
        "factor of the adjuster on that size; above 1 it gives back what the court took",
        lambda line: line.case.adjusted,
    ),
    Column("adjusted.mode", "", "advisory or active; null without a policy", lambda line: _policy(line, "mode")),
    Column(
        "adjusted.advised",
        "fraction",
        "factor that the policy would apply; null without a policy",
        lambda line: _policy(line, "advised"),
    ),
    Column("adjusted.base", "fraction", "factor of its base rule alone", lambda line: _policy(line, "base")),
    Column(
        "adjusted.action",
        "-1 to 1",
        "answer of its networks, 0 is the base; null where the base stood in",
        lambda line: _policy(line, "action"),
    ),
    Column("adjusted.spread", "0 to 1", "disagreement of its networks", lambda line: _policy(line, "spread")),
    Column(
        "adjusted.fallback", "", "why the base stood in; null if it did not", lambda line: _policy(line, "fallback")
    ),
    Column("gate.outcome", "", "signed or refused", lambda line: line.case.verdict),
    Column("gate.binding_rule", "", "rule that decided", lambda line: line.case.binding_rule),
    Column("gate.note", "", "what that rule noted", lambda line: line.case.note),
    Column("gate.notional", "quote", "size that was signed; exact; 0 if refused", lambda line: line.case.notional),
    Column(
        "gate.stop_fraction",
        "of the fill price",
        "distance of the stop; null if refused",
        lambda line: line.case.stop_fraction,
    ),
)
"""Fields of every line."""

ORDER_FIELDS: tuple[Column[OrderLine], ...] = (
    Column("order_id", "", "a line of orders.csv", lambda line: line.order.order_id),
    Column("quantity", "base", "what was ordered; exact", lambda line: line.order.quantity),
    Column("status", "", "last report of the venue", lambda line: line.status),
    Column("filled_quantity", "base", "sum of its fills; exact", lambda line: line.filled),
    Column("average_price", "quote", "average of its fills; null without a fill", lambda line: line.average_price),
    Column("fees", "quote", "fees of its fills; exact", lambda line: line.fees),
)
"""Fields of `order`: the order that was sent for the case; of an entry in pieces the first one. `at_once` has the same."""

TRADE_FIELDS: tuple[Column[RoundTrip], ...] = (
    Column("pnl", "quote", "profit after fees and before funding; exact", lambda trip: trip.trade.pnl),
    Column("exit_utc", "UTC", "last fill", lambda trip: trip.trade.exit_utc),
    Column("exit_reason", "", "purpose of the fill that ended it", lambda trip: trip.trade.exit_purpose.value),
)
"""Fields of `trade`: the closed trade that the case opened."""

PERPETUAL_TRADE_FIELDS: tuple[Column[RoundTrip], ...] = (
    Column("side", "", "long or short", lambda trip: side_of(trip.trade)),
)
"""Fields of `trade` that follow in a run on perpetuals."""

OUTCOME_FIELDS: tuple[Column[CaseOutcome], ...] = (
    Column(
        "barrier",
        "",
        f"what a purchase at the next open met first: target, stop, or neither in {HORIZON_BARS} bars",
        lambda outcome: _ENDS[outcome.label],
    ),
    Column("return_bps", "bps", "its return after the taker fees of both sides", lambda outcome: outcome.return_bps),
    Column("bars", "bars", "bars until then", lambda outcome: outcome.bars),
    Column("known_utc", "UTC", "when that was known", lambda outcome: outcome.known_at_utc),
)
"""Fields of `outcome`: measured for bought, refused and rejected cases alike, and not the real trade."""
