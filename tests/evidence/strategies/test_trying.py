"""What the test of a user's own strategy is given: its directions on closes, and a failure where it reads the future."""

from pathlib import Path

import pytest

from agents.strategies.own import StrategyFault
from config.errors import DataFault, UsageFault
from evidence.strategies.trying import directions, future_changes_nothing
from risk.proposal import Direction

MINE = """
import random

from agents.strategies.voter import NOTHING, Ballot
from config.silence import Abstained
from risk.proposal import Direction

class Rises:
    def __init__(self, least=0.0):
        self.least = least

    def vote(self, now):
        if now.return_1 is None:
            return Abstained(why="first bar")
        return Ballot(Direction.LONG, 0.5, ("up",)) if now.return_1 > self.least else NOTHING


class Chance:
    def vote(self, now):
        return Ballot(Direction.LONG, 0.5, ("luck",)) if random.random() < 0.2 else NOTHING


class Silent:
    def vote(self, now):
        return NOTHING


class Fails:
    def vote(self, now):
        raise KeyError("x")
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def test_each_close_has_a_direction_and_an_abstention_is_none(mine: Path) -> None:
    none, long = Direction.NONE, Direction.LONG
    assert directions(mine, "Rises", [100.0, 101.0, 100.5, 103.0]) == (none, long, none, long)
    assert directions(str(mine), "Rises", [100.0, 101.0, 100.5, 103.0], least=0.02) == (none, none, none, long)


@pytest.mark.slow
def test_a_sound_strategy_passes_and_one_that_votes_by_chance_fails(mine: Path) -> None:
    assert "No vote changed" in future_changes_nothing(mine, "Rises")
    with pytest.raises(StrategyFault, match="votes by chance"):
        future_changes_nothing(mine, "Chance")
    with pytest.raises(UsageFault, match="never voted"):
        future_changes_nothing(mine, "Silent")


def test_what_cannot_be_tried_is_told(mine: Path) -> None:
    with pytest.raises(StrategyFault, match="KeyError in line 30"):
        directions(mine, "Fails", [1.0, 2.0])
    with pytest.raises(UsageFault, match="no class 'Nobody'"):
        directions(mine, "Nobody", [1.0, 2.0])
    with pytest.raises(DataFault, match="were refused"):
        directions(mine, "Rises", [1.0, -2.0])
