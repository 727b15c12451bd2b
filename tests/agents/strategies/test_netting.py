"""How votes for shares net: position voters speak as one, and what voters of single events say keeps its meaning."""

from hypothesis import given
from hypothesis import strategies as st

from agents.strategies.contexts import Context, votes_on
from agents.strategies.netting import net
from agents.strategies.vote import NetVote, Vote
from agents.strategies.voter import Ballot
from risk.proposal import Direction

LONG, SHORT = Direction.LONG, Direction.SHORT


def vote(direction: Direction, confidence: float = 0.8, weight: float = 1.0, **more: float | int | None) -> Vote:
    return Vote(
        voter="v", symbol="BTC/USDT", direction=direction, confidence=confidence, weight=weight, reasons=(), **more
    )


def netted(*votes: Vote) -> NetVote:
    return net(votes, 0.2)


def test_the_share_is_the_mean_of_the_shares_by_weight() -> None:
    found = netted(vote(LONG, exposure=0.9, weight=3.0), vote(LONG, exposure=0.1))
    assert found.direction is LONG
    assert found.exposure is not None
    assert abs(found.exposure - 0.7) < 1e-12


def test_a_position_voter_that_is_out_halves_the_share_and_not_the_conviction() -> None:
    found = netted(vote(LONG, 0.8, exposure=0.6), vote(SHORT, 1.0, exposure=0.0))
    assert (found.direction, found.exposure, found.conviction) == (LONG, 0.3, 0.8)


def test_where_no_position_voter_wants_a_share_all_of_it_is_closed() -> None:
    found = netted(vote(SHORT, 0.7, exposure=0.0), vote(SHORT, 0.9, exposure=0.5))
    assert (found.direction, found.exposure, found.exit_price) == (SHORT, None, None)
    assert abs(found.conviction - 0.8) < 1e-12


def test_the_exit_is_the_lowest_of_those_that_hold_and_the_horizon_the_longest() -> None:
    votes = (
        vote(LONG, exposure=0.5, exit_price=90.0, horizon_bars=24),
        vote(LONG, exposure=0.5, exit_price=70.0, horizon_bars=96),
        vote(SHORT, exposure=0.0, exit_price=10.0, horizon_bars=999),
    )
    assert (netted(*votes).exit_price, netted(*votes).horizon_bars) == (70.0, 96)
    assert netted(*votes, vote(LONG, exposure=0.1)).exit_price is None


def test_votes_of_single_events_bring_no_share_and_no_exit() -> None:
    found = netted(vote(LONG, exit_price=90.0, horizon_bars=5))
    assert (found.exposure, found.exit_price, found.horizon_bars) == (None, None, None)
    assert "exposure" not in found.model_dump()


def test_an_event_may_close_what_position_voters_hold_and_may_buy_what_they_do_not_want() -> None:
    assert netted(vote(SHORT, 1.0, weight=3.0), vote(LONG, exposure=0.4)).direction is SHORT
    bought = netted(vote(LONG, 1.0, weight=3.0), vote(SHORT, 0.5, exposure=0.0))
    assert (bought.direction, bought.exposure) == (LONG, None)


def test_who_wants_to_hold_nothing_wants_to_be_out() -> None:
    class Empty:
        def vote(self, now: object) -> Ballot:
            return Ballot(LONG, 0.9, ("nothing",), exposure=0.0)

    (cast,) = votes_on("BTC/USDT", None, (Context("empty", Empty(), None, 1.0),))  # type: ignore[arg-type]
    assert cast.direction is SHORT


shares = st.floats(0, 1) | st.none()
votes = st.builds(
    vote,
    st.sampled_from([LONG, SHORT]),
    st.floats(0, 1),
    st.floats(0.1, 5),
    exposure=shares,
    exit_price=st.floats(1, 99),
)


@given(st.lists(votes, min_size=1, max_size=6))
def test_the_net_lies_in_its_range_and_a_share_within_those_that_are_wanted(cast: list[Vote]) -> None:
    found = net(tuple(cast), 0.2)
    assert 0.0 <= found.conviction <= 1.0 + 1e-12
    holding = [each for each in cast if each.exposure is not None]
    wanted = [each.exposure or 0.0 for each in holding if each.direction is LONG]
    if found.exposure is None:
        assert not any(wanted)
    else:
        assert 0.0 <= found.exposure <= max(wanted) + 1e-12


@given(
    st.lists(
        st.builds(vote, st.sampled_from([LONG, SHORT]), st.floats(0, 1), st.floats(0.1, 5)), min_size=1, max_size=6
    )
)
def test_single_events_net_as_they_always_did(cast: list[Vote]) -> None:
    total = sum(each.weight for each in cast)
    up = sum(each.weight * each.confidence for each in cast if each.direction is LONG) / total
    down = sum(each.weight * each.confidence for each in cast if each.direction is SHORT) / total
    assert net(tuple(cast), 0.0).conviction == abs(up - down)
