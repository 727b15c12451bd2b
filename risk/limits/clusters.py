"""Rules about positions that move together: a market that moves with a held one is refused, or shares the room of its cluster.

Under `correlation: refuse`, nothing is bought whose correlation with any held position is above `max_correlation`. Under
`cluster`, markets whose correlation is above it form a cluster, directly or through another one: all of them together have
`max_cluster_fraction`. Above `max_twin_correlation` a second one is the same market under another name, and is refused. What the
positions of different clusters have in common is in VaR and expected shortfall.

With shorts a bet is a market and a side. Refused is what moves with a held bet: a short of what rises when the held market falls
is one, a short of what moves with it is a hedge. A cluster of perpetuals holds whatever moves with or against its markets, and
its positions are added up long and short: a hedge lowers VaR, and nets no cap away.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from risk.facts import Facts, cap, check, gross, no_cap, weights
from risk.verdict import RuleReport


def correlation(facts: Facts) -> RuleReport:
    """Nothing that moves with what is held: the same bet twice is one bet of double size."""
    worst, other = 0.0, ""
    column, exposed = facts.symbols.index(facts.proposal.symbol), facts.portfolio.open_symbols
    shorts = weights(facts) < 0.0
    shorts[column] = facts.sign < 0
    own = _bet(facts, column, short=bool(shorts[column]))
    for index, symbol in enumerate(facts.symbols):
        if index == column or symbol not in exposed:
            continue
        value = _kept_pearson(own, _bet(facts, index, short=bool(shorts[index])))
        if value > worst:
            worst, other = value, symbol
    limit = facts.limits.max_correlation
    if facts.limits.correlation == "cluster":
        limit = max(limit, facts.limits.max_twin_correlation)
    return check("correlation", worst <= limit, worst, limit, "", note=f"with {other}" if other else "nothing held")


def cluster(facts: Facts) -> RuleReport:
    """All positions of the proposed market's cluster together, long and short added up, stay within their share."""
    limits, members = facts.limits, _cluster(facts)
    if limits.correlation != "cluster":
        return no_cap("cluster", note="no limit is set")
    if not members:
        return no_cap("cluster", limit=limits.max_cluster_fraction, note="nothing held moves with it")
    room = limits.max_cluster_fraction - gross(facts, members)
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


def _bet(facts: Facts, column: int, *, short: bool) -> bytes:
    """The returns that a market brings on this side."""
    returns = facts.returns[:, column]
    return (-returns if short else returns).tobytes()


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
            value = _kept_pearson(columns[here], columns[index])
            if (abs(value) if facts.perpetual else value) > facts.limits.max_correlation:
                reached.add(index)
                front.append(index)
    return tuple(symbol for index, symbol in enumerate(facts.symbols) if index in reached and index != own)
