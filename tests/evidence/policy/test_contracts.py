"""What a policy of perpetuals is trained on: shorts are cases like purchases, and the tape is traded with marks and funding."""

from pathlib import Path

import numpy as np
import pytest

from agents.desk.request import WorldRequest
from agents.desk.world import World, past_of, world_of
from config.errors import UsageFault
from evidence.policy.courses import Courses
from evidence.policy.learners import lesson_of
from evidence.policy.playing import play_rules
from evidence.policy.proposals import Proposals, read_proposals
from market.tape import Tape
from rl.action import Base
from rl.environment.episodes import play
from rl.features import PERPETUAL
from rl.training.split import Parts


@pytest.fixture(scope="module")
def world() -> World:
    """Drawn perpetuals before their sessions, in bars of a day."""
    asked = WorldRequest(
        profile="perp", timeframe="1d", days=150, overrides={"market.symbols": ["BTC/USDT", "ETH/USDT"]}
    )
    return world_of(asked)


@pytest.fixture(scope="module")
def tape(world: World) -> Tape:
    return past_of(world)


@pytest.fixture(scope="module")
def read(world: World, tape: Tape, tmp_path_factory: pytest.TempPathFactory) -> Proposals:
    return read_proposals(world, tape=tape, folder=tmp_path_factory.mktemp("kept"))


@pytest.mark.slow
def test_both_sides_are_heard_and_each_market_has_a_word_at_each_close(read: Proposals) -> None:
    bars = read.docket.bars
    assert bars is not None
    assert len(bars.slices) == len(bars.spoken) == len(read.docket.grid)
    opened = [each for said in bars.spoken for each in said.values() if each.opens]
    assert {each.opens for each in opened} == {1, -1}
    assert all(each.closes_short for each in opened if each.opens > 0)
    assert all(each.closes_long for each in opened if each.opens < 0)
    assert all(0.0 <= each.scale <= 1.0 for each in opened)
    assert any(each.scale > 0.0 for each in opened if each.opens < 0)
    first = read.docket.grid.first
    for shown, said in zip(bars.slices[first:], bars.spoken[first:], strict=True):
        assert said.keys() == shown.bars.keys(), "a market of which nobody says anything is silent"
    assert np.array_equal(np.unique(read.docket.votes.direction), [-1, 0, 1])
    assert np.isfinite(read.docket.court[read.docket.votes.direction < 0]).any(), "the court is asked about shorts"


@pytest.mark.slow
def test_the_tape_is_traded_long_and_short_and_what_is_seen_is_that_of_perpetuals(read: Proposals) -> None:
    one = read.together()
    played = play([one], lambda rows, features: np.ones(len(rows)))
    assert played.features.shape[1] == len(PERPETUAL.features)
    assert set(np.sign(played.features[:, 0]).tolist()) == {1.0, -1.0}
    assert len(played.results[0].fills)


def test_a_lesson_of_a_short_is_that_of_a_falling_market(read: Proposals) -> None:
    one = read.together()
    seen = play_rules([one], [lambda asked: np.ones(len(asked))])[0][0].seen
    lesson = lesson_of([one], seen, Base())
    opens, market = one.course.grid.columns.prices[0], lesson.accounts % 1_000
    later = np.minimum(lesson.bars + 2, len(opens) - 1)
    moves = opens[later, market] / opens[lesson.bars + 1, market] - 1.0
    direction = lesson.features[:, 0]
    assert set(direction.tolist()) == {1.0, -1.0}
    assert np.allclose(lesson.moves, direction * moves)


def test_what_cannot_be_made_of_perpetuals_is_refused_in_words(world: World, tape: Tape, read: Proposals) -> None:
    with pytest.raises(UsageFault, match=r"in one account.*--accounts apart"):
        read.apart()
    parts = Parts((read.together(),), (), 0.0)
    with pytest.raises(UsageFault, match="no marks and no funding"):
        Courses(world, tape, read, "bootstrap", "together").varied(parts)


def test_episodes_have_costs_of_their_own(world: World, tape: Tape, read: Proposals, tmp_path: Path) -> None:
    one = Courses(world, tape, read, "none", "together").varied(Parts((read.together(),), (), 0.0))[0]
    fees = {rules.instruments[0].taker_fee_bps for rules in one.variants}  # type: ignore[union-attr]
    assert len(fees) > 3
    assert one.content_sha256 != read.together().content_sha256
