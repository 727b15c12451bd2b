"""Markets that move together share one room; the same market twice is refused."""

from typing import Any

import numpy as np
import pytest
from gate_support import LIMITS, cap, facts, held, portfolio, returns
from hypothesis import given
from hypothesis import strategies as st

from config.sections.limits import RiskLimits
from risk.facts import Facts
from risk.limits.clusters import cluster, correlation
from risk.verdict import Reaction


def grouped(**changes: Any) -> RiskLimits:
    return LIMITS.model_copy(update={"correlation": "cluster", "max_twin_correlation": 0.95} | changes)


def beside(*others: np.ndarray, limits: RiskLimits | None = None, notional: str = "400") -> Facts:
    """BTC is proposed beside positions in markets that moved so."""
    names = tuple(f"O{number}/USDT" for number in range(len(others)))
    own = returns()[:, 0]
    return facts(
        portfolio=portfolio(positions=tuple(held(name, notional) for name in names)),
        symbols=("BTC/USDT", *names),
        returns=np.column_stack((own, *others)),
        limits=limits or grouped(max_cluster_fraction=0.1),
    )


def like(share: float, seed: int = 5) -> np.ndarray:
    """A series whose correlation with BTC's is about `share`."""
    own, noise = returns()[:, 0], np.random.default_rng(seed).normal(0.0, 0.004, size=500)
    return share * own + np.sqrt(1.0 - share * share) * noise


def test_a_market_that_moves_with_a_held_one_gets_what_their_cluster_leaves() -> None:
    report = cluster(beside(like(0.85), like(0.85, 6)))
    assert cap(report) == pytest.approx(10_000 * (0.10 - 0.08))
    assert report.note == "with O0/USDT, O1/USDT"


def test_a_market_of_no_cluster_is_not_capped_by_one() -> None:
    assert cluster(beside(like(0.3))).notional_cap is None


def test_what_hangs_together_through_a_third_market_is_one_cluster() -> None:
    own, end = returns()[:, 0], like(0.3)
    bridge = own + end
    assert np.corrcoef(own, end)[0, 1] < 0.7 < np.corrcoef(bridge, end)[0, 1]
    assert cluster(beside(bridge, end)).note == "with O0/USDT, O1/USDT"
    assert cluster(beside(like(0.1, 7), end)).note == "nothing held moves with it"


def test_what_is_under_way_counts_as_what_is_held() -> None:
    some = beside(like(0.9))
    coming = portfolio(pending_notional={"O0/USDT": 700})
    assert cap(cluster(facts(portfolio=coming, symbols=some.symbols, returns=some.returns, limits=some.limits))) == (
        pytest.approx(10_000 * 0.03)
    )


def test_the_same_market_under_another_name_is_refused_and_a_mere_relative_is_not() -> None:
    assert correlation(beside(like(0.99))).reaction is Reaction.REFUSE
    assert correlation(beside(like(0.85))).reaction is Reaction.PASS
    assert correlation(beside(like(0.85), limits=LIMITS)).reaction is Reaction.REFUSE


@given(
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5),
    st.floats(0.01, 0.5),
    st.integers(0, 1000),
)
def test_a_cluster_and_its_newest_member_are_never_above_their_share(
    shares: list[float], most: float, seed: int
) -> None:
    some = beside(*(like(share, seed + n) for n, share in enumerate(shares)), limits=grouped(max_cluster_fraction=most))
    report = cluster(some)
    members = [name for name in some.symbols[1:] if name in report.note.split("with ")[-1].split(", ")]
    if report.notional_cap is not None:
        assert float(report.notional_cap) + 400.0 * len(members) <= max(10_000 * most, 400.0 * len(members)) + 1e-6
