"""Rules about positions that move together: a market that moves with a held one is refused, or shares the room of its cluster.

Under `correlation: refuse`, nothing is bought whose correlation with any held position is above `max_correlation`. Under
`cluster`, markets whose correlation is above it form a cluster, directly or through another one: all of them together have
`max_cluster_fraction`. Above `max_twin_correlation` a second one is the same market under another name, and is refused. What the
positions of different clusters have in common is in VaR and expected shortfall.
"""

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from risk.facts import Facts, cap, check, no_cap
from risk.verdict import RuleReport


def correlation(facts: Facts) -> RuleReport:
    """Nothing that moves with what is held: the same bet twice is one bet of double size."""
    worst, other = 0.0, ""
    column = facts.symbols.index(facts.proposal.symbol)
    own = facts.returns[:, column]
    for index, symbol in enumerate(facts.symbols):
        if index == column or not _is_exposed(facts, symbol):
            continue
        value = pearson(own, facts.returns[:, index])
        if value > worst:
            worst, other = value, symbol
    limit = facts.limits.max_correlation
    if facts.limits.correlation == "cluster":
        limit = max(limit, facts.limits.max_twin_correlation)
    return check("correlation", worst <= limit, worst, limit, "", note=f"with {other}" if other else "nothing held")


def cluster(facts: Facts) -> RuleReport:
    """All positions of the proposed market's cluster together stay within their share."""
    limits, members = facts.limits, _cluster(facts)
    if limits.correlation != "cluster":
        return no_cap("cluster", note="no limit is set")
    if not members:
        return no_cap("cluster", limit=limits.max_cluster_fraction, note="nothing held moves with it")
    book = facts.portfolio
    held = sum((one.notional for one in book.positions if one.symbol in members), Decimal(0))
    coming = sum((value for symbol, value in book.pending_notional.items() if symbol in members), Decimal(0))
    room = limits.max_cluster_fraction - float(held + coming) / facts.equity
    if room >= limits.max_position_fraction:
        return no_cap("cluster", limit=limits.max_cluster_fraction, note=f"with {', '.join(members)}")
    return cap(facts, "cluster", room, limit=limits.max_cluster_fraction, note=f"with {', '.join(members)}")


def pearson(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Pearson's coefficient of two series of returns, both of shape (n,), float64 [simple return]. A constant series counts as
    fully correlated, since nothing is known of it."""
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else 1.0


def _cluster(facts: Facts) -> tuple[str, ...]:
    """The exposed markets of the proposed market's cluster, in the order of `symbols`."""
    own = facts.symbols.index(facts.proposal.symbol)
    reached, front = {own}, [own]
    while front:
        here = front.pop()
        for index, symbol in enumerate(facts.symbols):
            if index in reached or not _is_exposed(facts, symbol):
                continue
            if pearson(facts.returns[:, here], facts.returns[:, index]) > facts.limits.max_correlation:
                reached.add(index)
                front.append(index)
    return tuple(symbol for index, symbol in enumerate(facts.symbols) if index in reached and index != own)


def _is_exposed(facts: Facts, symbol: str) -> bool:
    return facts.portfolio.position(symbol) is not None or symbol in facts.portfolio.pending_notional
