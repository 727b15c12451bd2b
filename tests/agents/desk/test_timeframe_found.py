"""The timeframe of a session on files: theirs, unless the user says another; and it is said where the profile says another."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from run_support import write_bars

from agents.desk.request import BarsRequest, WorldRequest
from agents.desk.world import World, tape_of, world_of
from config.errors import DataFault


def world(path: Path, **asked: Any) -> World:
    return world_of(WorldRequest(profile="paper", bars=BarsRequest(data=(str(path),)), **asked))


def respaced(folder: Path, minutes: int) -> Path:
    """A file of bars of so many minutes."""
    path = write_bars(folder, days=120)[0]
    frame = pd.read_parquet(path)
    first = frame["timestamp"].iloc[0].floor("7D") + pd.Timedelta(days=4)
    frame["timestamp"] = first + pd.Timedelta(minutes=minutes) * pd.RangeIndex(len(frame))
    frame.to_parquet(path)
    return path


@pytest.mark.parametrize(("minutes", "timeframe"), [(1, "1m"), (5, "5m"), (15, "15m"), (240, "4h"), (1440, "1d")])
def test_the_files_decide_and_it_is_said(tmp_path: Path, minutes: int, timeframe: str) -> None:
    found = world(respaced(tmp_path, minutes))
    assert found.settings.market.timeframe == timeframe
    assert found.said == (
        f"The files hold {timeframe} bars, and the profile says 1h: {timeframe} is taken. --timeframe says otherwise.",
    )
    assert tape_of(found).timeframe == timeframe


def test_files_that_hold_what_the_profile_says_need_no_word(tmp_path: Path) -> None:
    found = world(write_bars(tmp_path)[0])
    assert (found.settings.market.timeframe, found.said) == ("1h", ())


@pytest.mark.parametrize(
    "asked",
    [
        {"timeframe": "1h"},
        {"overrides": {"market.timeframe": "1h"}},
        {"overrides": {"market": {"timeframe": "1h"}}},
    ],
)
def test_the_user_says_otherwise(tmp_path: Path, asked: dict[str, Any]) -> None:
    found = world(respaced(tmp_path, 5), **asked)
    assert (found.settings.market.timeframe, found.said) == ("1h", ())
    assert tape_of(found).timeframe == "1h"


def test_weeks_are_no_bars_to_decide_on(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="The files hold bars of a week"):
        world(respaced(tmp_path, 7 * 1440))
