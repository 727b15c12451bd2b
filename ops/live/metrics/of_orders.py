"""Metrics of orders: what was sent, what the venue said and when, what is open, and whether the account agrees."""

from collections.abc import Iterator

from ops.live.metrics.labels import ENDED, KIND, LIQUIDITY, OPEN, PURPOSE
from ops.live.metrics.metric import Metric, Sample, Told, one


def _open(told: Told) -> Iterator[Sample]:
    orders = told.fold.orders
    for status in OPEN.values:
        yield Sample(sum(order.status == status for order in orders), (status,))


def _ended(told: Told) -> Iterator[Sample]:
    for status in ENDED.values:
        yield Sample(told.measured.ended[status], (status,))


OF_ORDERS = (
    Metric(
        "orders_sent_total",
        "counter",
        "orders",
        "Orders that were sent",
        lambda told: (Sample(n, key) for key, n in told.measured.sent.items()),
        (PURPOSE, KIND),
    ),
    Metric("orders_ended_total", "counter", "orders", "Orders that are done", _ended, (ENDED,)),
    Metric(
        "orders_open",
        "gauge",
        "orders",
        "Orders that are not done; `unknown`: nobody knows whether they may trade",
        _open,
        (OPEN,),
    ),
    Metric(
        "order_acknowledgement_seconds",
        "histogram",
        "s",
        "From the signing of an order to what the venue first said of it, by the times in the journal",
        lambda told: (Sample(told.measured.acknowledged),),
    ),
    Metric(
        "fills_total",
        "counter",
        "fills",
        "Fills",
        lambda told: (Sample(n, key) for key, n in told.measured.fills.items()),
        (PURPOSE, LIQUIDITY),
    ),
    Metric(
        "account_differences",
        "gauge",
        "differences",
        "Differences between the exchange's account and the ledger that are open",
        lambda told: one(len(told.measured.drifts)),
    ),
    Metric(
        "markets_close_only",
        "gauge",
        "markets",
        "Markets of a real exchange that take no new risk",
        lambda told: one(len(told.measured.closed)),
    ),
)
"""In the order in which they are exported."""
