"""What a policy learns on is what it is shown in a session: the same features, on recorded bars, at proposals and at reviews."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from kernel_parity import SHARE_WORLDS, full, play, recorded, rules, settings_of, share_votes

from config.seeds import generator
from execution.kernel.grid import grid_of_tape
from execution.kernel.lanes.course import Course
from execution.kernel.lanes.lanes import Lanes
from execution.observation import COLUMNS
from rl.features import COURT_COLUMNS, encode_features

RULING = COLUMNS.index("ruling_scale")


@pytest.mark.slow
def test_features_of_training_are_those_of_a_session_on_recorded_bars(shared: Path) -> None:
    start, end = datetime(2022, 5, 8, tzinfo=UTC), datetime(2022, 5, 16, tzinfo=UTC)
    settings = settings_of(SHARE_WORLDS[0], ["BTC/USDT", "SOL/USDT"])
    tape = recorded(settings, shared, start, end)
    grid = grid_of_tape(tape)
    votes = share_votes(grid, 4, often=0.6, every=3)
    table = generator(4, "rows").uniform(0.2, 1.0, grid.columns.shape)
    live: list[dict[tuple[int, int], np.ndarray]] = [{}, {}]
    trained: list[dict[tuple[int, int], np.ndarray]] = [{}, {}]
    full(settings, tape, grid, votes, table, live[0], reviewed=live[1])
    lanes = Lanes([Course(grid, votes, rules(settings, tape, grid))], reviews=True)
    play(lanes, [table], [trained[0]], reviewed=[trained[1]])
    for row in live[1].values():
        row[RULING] = np.nan  # `agents.desk.reviewer` leaves it out: nobody has ruled
    for session, training in zip(live, trained, strict=True):
        assert session.keys() == training.keys()
        assert len(session) > 10
        places = sorted(session)
        court = np.full((len(places), len(COURT_COLUMNS)), np.nan)
        one = encode_features(np.array([session[place] for place in places]), court)
        other = encode_features(np.array([training[place] for place in places]), court)
        assert np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True)
        assert not np.isnan(one[:, :9]).all(axis=0).any()
