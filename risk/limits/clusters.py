"""Rules about positions that move together: a market that moves with a held one is refused, or shares the room of its cluster.

Under `correlation: refuse`, nothing is bought whose correlation with any held position is above `max_correlation`. Under
`cluster`, markets whose correlation is above it form a cluster, directly or through another one: all of them together have
`max_cluster_fraction`. Above `max_twin_correlation` a second one is the same market under another name, and is refused. What the
positions of different clusters have in common is in VaR and expected shortfall.
"""

from decimal import Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from risk.facts import Facts, cap, check, no_cap
from risk.verdict import RuleReport


def correlation(facts: Facts) -> RuleReport:
    """Nothing that moves with what is held: the same bet twice is one bet of double size."""
    worst, other = 0.0, ""
    column, exposed = facts.symbols.index(facts.proposal.symbol), facts.portfolio.open_symbols
    own = facts.returns[:, column].tobytes()
    for index, symbol in enumerate(facts.symbols):
        if index == column or symbol not in exposed:
            continue
        value = _kept_pearson(own, facts.returns[:, index].tobytes())
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


@lru_cache(maxsize=256)
def _kept_pearson(a: bytes, b: bytes) -> float:
    """`pearson` of the bytes of two series, kept: two rules ask for the same pairs, before and after a hearing."""
    return pearson(np.frombuffer(a), np.frombuffer(b))


def _cluster(facts: Facts) -> tuple[str, ...]:
    """The exposed markets of the proposed market's cluster, in the order of `symbols`."""
    own, exposed = facts.symbols.index(facts.proposal.symbol), facts.portfolio.open_symbols
    reached, front = {own}, [own]
    columns = [facts.returns[:, index].tobytes() for index in range(len(facts.symbols))]
    while front:
        here = front.pop()
        for index, symbol in enumerate(facts.symbols):
            if index in reached or symbol not in exposed:
                continue
            if _kept_pearson(columns[here], columns[index]) > facts.limits.max_correlation:
                reached.add(index)
                front.append(index)
    return tuple(symbol for index, symbol in enumerate(facts.symbols) if index in reached and index != own)
