"""Strategies that are switched off only take away: whatever is voted, nothing is opened or enlarged because they are silent."""

from types import SimpleNamespace as Sample

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.steering.muting import muted, refused
from agents.strategies.netting import net
from agents.strategies.vote import NetVote, Vote
from risk.proposal import Direction

BTC = "BTC/USDT"
NAMES = ("a", "b", "c", "d")


@st.composite
def votes(draw: st.DrawFn, *, both: bool) -> tuple[Vote, ...]:
    cast = []
    for name in NAMES:
        direction = draw(st.sampled_from((Direction.LONG, Direction.SHORT, None)))
        if direction is None:
            continue
        exposure = draw(st.none() | st.floats(0, 1))
        if exposure == 0.0:
            direction = Direction.SHORT
        short = both and direction is Direction.SHORT and exposure != 0.0 and draw(st.booleans())
        cast.append(
            Vote(
                voter=name, symbol=BTC, direction=direction, confidence=draw(st.floats(0, 1)), reasons=(),
                weight=draw(st.floats(0.1, 5)), exposure=exposure, goes_short=short,
            )
        )  # fmt: skip
    return tuple(cast)


def desk(off: set[str], both: bool, held: int = 0, share: float | None = None) -> Sample:
    """A desk with these strategies off, that holds nothing (0), a long (1) or a short (-1)."""
    position = Sample(is_short=held < 0) if held else None
    return Sample(
        steers=Sample(off=dict.fromkeys(off)),
        settings=Sample(court=Sample(net_threshold=0.3), market=Sample(perpetuals=Sample() if both else None)),
        trader=Sample(ledger=Sample(position=lambda symbol: position), share=lambda symbol: share),
    )


def size(told: NetVote) -> float:
    return 1.0 if told.exposure is None else told.exposure


@pytest.mark.parametrize("both", [False, True])
@given(data=st.data(), off=st.sets(st.sampled_from(NAMES)))
def test_nothing_is_opened_that_all_votes_would_not_open_and_nothing_larger(
    both: bool, data: st.DataObject, off: set[str]
) -> None:
    cast = data.draw(votes(both=both))
    whole = net(cast, 0.3, both_sides=both)
    told = muted(desk(off, both), BTC, whole)  # type: ignore[arg-type]
    if told.opens:
        assert whole.opens
        assert told.is_short == whole.is_short
        assert size(told) <= size(whole)
        assert told.conviction <= whole.conviction
        assert any(vote.voter not in off and told.backs(vote) for vote in cast), "somebody who is heard wants it"


@pytest.mark.parametrize("both", [False, True])
@given(data=st.data(), off=st.sets(st.sampled_from(NAMES)), held=st.sampled_from((-1, 1)), share=st.floats(0.05, 1))
def test_what_is_held_is_closed_and_trimmed_as_all_votes_want_it_and_never_enlarged_for_it(
    both: bool, data: st.DataObject, off: set[str], held: int, share: float
) -> None:
    held = held if both else 1
    whole = net(data.draw(votes(both=both)), 0.3, both_sides=both)
    told = muted(desk(off, both, held, share), BTC, whole)  # type: ignore[arg-type]
    assert told.closes(short=held < 0) or not whole.closes(short=held < 0)
    if whole.opens and whole.is_short == (held < 0) and whole.exposure is not None:
        assert told.exposure is not None
        assert told.exposure <= whole.exposure
        assert told.exposure >= min(whole.exposure, share)


@pytest.mark.parametrize("both", [False, True])
@given(data=st.data(), off=st.sets(st.sampled_from(NAMES), min_size=1))
def test_a_ruling_that_comes_after_a_strategy_was_switched_off_is_refused_if_nobody_else_wanted_it(
    both: bool, data: st.DataObject, off: set[str]
) -> None:
    cast = data.draw(votes(both=both))
    whole = net(cast, 0.3, both_sides=both)
    seat = desk(off, both)
    seat.steers.off = dict.fromkeys(off, Sample(who="ada", why="to see"))
    said = refused(seat, Sample(case=Sample(proposal=whole)))  # type: ignore[arg-type]
    if whole.opens:
        assert (said is None) == muted(seat, BTC, whole).opens  # type: ignore[arg-type]
    if said is not None:
        assert said.code == "kill_switch"
        assert "ada switched" in said.note
