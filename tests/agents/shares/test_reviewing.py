"""The policy's daily review: what it is shown, what it may do, what is journaled, and what a broken one does."""

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from gate_support import proposal

from agents.desk.desk import Desk
from agents.desk.reviewer import Reviewer
from agents.records.record import ShareReview
from agents.resizing import review
from agents.strategies.vote import NetVote
from risk.proposal import Direction, Proposal
from rl.adjustment import Adjustment
from rl.observation import Observation, unseen

AT = datetime(2024, 3, 1, tzinfo=UTC)


class Half:
    """Leaves half of what is wanted."""

    name = "half"

    def __init__(self) -> None:
        self.seen: list[Observation] = []

    def adjust(self, seen: Observation) -> Adjustment:
        self.seen.append(seen)
        return Adjustment(adjuster=self.name, scale=0.5)


class Broken:
    name = "broken"

    def adjust(self, seen: Observation) -> Adjustment:
        raise ArithmeticError("weights are gone")


def wanted(share: float) -> Proposal:
    return proposal(exposure=share, held_share=0.6, ruling_scale=0.0)


def test_nobody_has_ruled_at_a_review() -> None:
    policy = Half()
    assert Reviewer(policy, unseen).review(wanted(0.8), 0.6).scale == 0.5
    assert policy.seen[0].ruling_scale is None
    assert policy.seen[0].conviction == 0.8


@pytest.mark.parametrize(("share", "scale"), [(0.8, 0.75), (0.6, 1.0), (0.3, 1.0)])
def test_a_broken_policy_neither_adds_nor_sells_and_the_voters_trim_all_the_same(share: float, scale: float) -> None:
    left = Reviewer(Broken(), unseen).review(wanted(share), 0.6)
    assert left.adjuster == "broken"
    assert left.scale == pytest.approx(scale)


def test_a_policy_that_cannot_see_is_a_broken_one() -> None:
    def blind(asked: Proposal) -> Observation:
        raise ValueError("no returns")

    assert Reviewer(Half(), blind).review(wanted(0.6), 0.6).scale == 1.0


def net(direction: Direction, share: float | None) -> NetVote:
    return NetVote(direction=direction, conviction=0.8, against=0.0, votes=(), exposure=share)


LONG = dict.fromkeys(("BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT"), SimpleNamespace(is_short=False))


def desk(policy: Any, shares: dict[str, float | None], band: float | None = 0.2) -> tuple[Desk, list[ShareReview]]:
    told: list[ShareReview] = []
    signals = SimpleNamespace(signals=lambda timeframe: SimpleNamespace(close=100.0, atr_14_quote=2.0))
    made = SimpleNamespace(
        reviewer=None if policy is None else Reviewer(policy, unseen),
        settings=SimpleNamespace(court=SimpleNamespace(resize_band=band)),
        trader=SimpleNamespace(share=shares.get, ledger=SimpleNamespace(position=LONG.get)),
        engines=dict.fromkeys(shares, signals),
        timeframe=None,
        sink=SimpleNamespace(append=told.append),
    )
    return cast(Desk, made), told


VOTES = {
    "BTC/USDT": net(Direction.LONG, 0.8),
    "ETH/USDT": net(Direction.LONG, None),
    "SOL/USDT": net(Direction.SHORT, 0.0),
    "XRP/USDT": net(Direction.LONG, 0.5),
}
SHARES: dict[str, float | None] = {"BTC/USDT": 0.6, "ETH/USDT": 1.0, "SOL/USDT": 0.4, "XRP/USDT": None}


def test_what_is_held_by_shares_is_reviewed_and_journaled_and_nothing_else() -> None:
    given, told = desk(Half(), SHARES)
    assert review(given, AT, VOTES) == {"BTC/USDT": 0.5}
    assert [(event.symbol, event.held, event.wanted, event.adjustment.scale) for event in told] == [
        ("BTC/USDT", 0.6, 0.8, 0.5)
    ]


def test_without_a_policy_or_a_band_nothing_is_asked_and_nothing_is_journaled() -> None:
    policy = Half()
    for given, told in (desk(None, SHARES), desk(policy, SHARES, band=None)):
        assert review(given, AT, VOTES) == {}
        assert told == []
    assert policy.seen == []


def test_the_price_that_is_told_is_the_last_close() -> None:
    asked: list[Proposal] = []

    def see(given: Proposal) -> Observation:
        asked.append(given)
        return unseen(given)

    given, _ = desk(Half(), SHARES)
    given = cast(Desk, SimpleNamespace(**{**vars(given), "reviewer": Reviewer(Half(), see)}))
    review(given, AT, VOTES)
    assert [(one.reference_price, one.exposure, one.held_share) for one in asked] == [(Decimal("100.0"), 0.8, 0.6)]
