"""`orders.csv`: one line for each order that was sent, in the order of sending, with its last state and its fills."""

from decimal import Decimal
from typing import NamedTuple

from agents.court.reserved.dockets import FAST
from execution.reports import Fill, OrderState, OrderStatus, SentOrder
from ops.exports.columns import Column
from ops.story.story import Story


class OrderLine(NamedTuple):
    """What a line is made of. `state` is None if the venue never answered."""

    order: SentOrder
    state: OrderState | None
    fills: tuple[Fill, ...]

    @property
    def filled(self) -> Decimal:
        """Quantity of all fills [base]."""
        return sum((fill.quantity for fill in self.fills), Decimal(0))

    @property
    def average_price(self) -> Decimal | None:
        """Average price of the fills [quote], rounded to 28 digits; None without a fill."""
        notional = sum((fill.quantity * fill.price for fill in self.fills), Decimal(0))
        return notional / self.filled if self.fills else None

    @property
    def fees(self) -> Decimal:
        """Fees of all fills [quote]."""
        return sum((fill.fee for fill in self.fills), Decimal(0))

    @property
    def status(self) -> str:
        """The last state that the venue reported; `intent` if it reported none."""
        return (OrderStatus.INTENT if self.state is None else self.state.status).value


def order_lines(story: Story) -> tuple[OrderLine, ...]:
    """The orders of a run."""
    fills: dict[str, list[Fill]] = {}
    for fill in story.fills:
        fills.setdefault(fill.order_id, []).append(fill)
    return tuple(
        OrderLine(order, story.states.get(order.order_id), tuple(fills.get(order.order_id, ())))
        for order in story.orders
    )


COLUMNS: tuple[Column[OrderLine], ...] = (
    Column("order_id", "", "name of the order", lambda line: line.order.order_id),
    Column("decision_id", "", "decision that it belongs to", lambda line: line.order.decision_id.removesuffix(FAST)),
    Column("symbol", "", "market", lambda line: line.order.symbol),
    Column("side", "", "buy or sell", lambda line: line.order.side.value),
    Column("kind", "", "market, limit or stop", lambda line: line.order.kind.value),
    Column(
        "purpose",
        "",
        "entry, also one that enlarges a position, or which exit it is; trim sells a part",
        lambda line: line.order.purpose.value,
    ),
    Column("quantity", "base", "what was ordered; exact", lambda line: line.order.quantity),
    Column("limit_price", "quote", "of a limit order; else empty", lambda line: line.order.limit_price),
    Column("stop_price", "quote", "of a stop order; else empty", lambda line: line.order.stop_price),
    Column(
        "oco_group",
        "",
        "orders of one group: a fill of one reduces the others; else empty",
        lambda line: line.order.oco_group,
    ),
    Column("created_utc", "UTC", "when it was decided", lambda line: line.order.created_utc),
    Column(
        "status",
        "",
        "last report of the venue: accepted, partial, filled, cancelled, rejected, unknown; intent: no report came",
        lambda line: line.status,
    ),
    Column(
        "status_utc",
        "UTC",
        "time of that report; else empty",
        lambda line: None if line.state is None else line.state.at_utc,
    ),
    Column("filled_quantity", "base", "sum of its fills; exact", lambda line: line.filled),
    Column(
        "average_price",
        "quote",
        "average of its fills, rounded to 28 digits; empty without a fill",
        lambda line: line.average_price,
    ),
    Column("fees", "quote", "fees of its fills; exact", lambda line: line.fees),
    Column(
        "last_fill_utc",
        "UTC",
        "time of its last fill; empty without a fill",
        lambda line: line.fills[-1].filled_utc if line.fills else None,
    ),
    Column(
        "note", "", "what the venue said about that state", lambda line: "" if line.state is None else line.state.note
    ),
)


def _position(line: OrderLine) -> str:
    """The side of the position that an order opens or reduces."""
    return "long" if (line.order.side == "buy") is _opens(line) else "short"


def _opens(line: OrderLine) -> bool:
    return line.order.purpose == "entry"


PERPETUAL: tuple[Column[OrderLine], ...] = (
    Column("position", "", "long or short: the position that it opens, enlarges or reduces", _position),
    Column(
        "reduce_only",
        "",
        "true for every order that is no entry: it never opens the other side",
        lambda line: "false" if _opens(line) else "true",
    ),
)
"""Columns that follow in a run on perpetuals. A liquidation is no order of ours: trades.csv tells of it."""
