"""What a policy is trained on: a tape is cut by bars, and its hash is that of all that decides what happens on it."""

from dataclasses import replace

import numpy as np
import pytest
from policy_tapes import instruments, policy_tape, profile

from config.errors import DataFault
from execution.kernel.engine import simulate
from rl.environment.tape import PolicyTape, Variety, varied_rules
from rl.features import COURT_COLUMNS


def test_a_slice_trades_its_bars_alone_and_knows_those_before() -> None:
    tape = policy_tape()
    part = tape.slice(200, 260)
    assert len(part) == 60
    assert part.course.grid is tape.course.grid
    assert len(tape) == 380


def test_the_hash_is_the_same_for_the_same_content_and_another_for_any_other() -> None:
    tape = policy_tape(court=True)
    votes = tape.course.votes
    louder = replace(votes, conviction=votes.conviction + 0.01)
    court = tape.court.copy()
    court[3, 0, 1] = np.nan
    hashes = {
        tape.content_sha256,
        policy_tape(1, court=True).content_sha256,
        tape.slice(200, 260).content_sha256,
        replace(tape, course=tape.course._replace(votes=louder)).content_sha256,
        replace(tape, course=tape.course._replace(delay=1)).content_sha256,
        replace(tape, court=court).content_sha256,
        policy_tape(court=True, **{"limits.max_position_fraction": 0.3}).content_sha256,
    }
    assert len(hashes) == 7
    assert replace(tape, name="other").content_sha256 == policy_tape(court=True).content_sha256 == tape.content_sha256


def test_court_columns_are_read_by_bar_and_market() -> None:
    tape = policy_tape(court=True, markets=2)
    assert tape.court_of(np.array([7, 9]), np.array([1, 0])).tolist() == [
        tape.court[7, 1].tolist(),
        tape.court[9, 0].tolist(),
    ]


def test_court_columns_of_another_shape_are_refused() -> None:
    tape = policy_tape()
    with pytest.raises(DataFault, match="court columns of shape"):
        PolicyTape("bad", tape.course, np.zeros((3, 1, len(COURT_COLUMNS))), 1.0)


def test_costs_are_drawn_within_their_ranges_and_alike_for_the_same_seed() -> None:
    settings = profile()
    made = varied_rules(instruments(settings), settings, 1.0, Variety(fees=(2.0, 3.0)), 8, 5)
    again = varied_rules(instruments(settings), settings, 1.0, Variety(fees=(2.0, 3.0)), 8, 5)
    assert [rules.markets.tobytes() for rules in made] == [rules.markets.tobytes() for rules in again]
    tape = policy_tape()
    usual = tape.course.rules.markets[0]
    fees = {float(rules.markets[0]["fee"]) for rules in made}
    assert len(fees) > 3
    assert all(2.0 * usual["fee"] * 0.99 <= fee <= 3.0 * usual["fee"] * 1.01 for fee in fees)
    assert len({float(rules.markets[0]["ask"][0][0]) for rules in made}) > 3


def test_dearer_costs_are_charged() -> None:
    settings, tape = profile(), policy_tape()
    dear = varied_rules(instruments(settings), settings, 1.0, Variety((4.0, 4.0), (1.0, 1.0), (0.0, 0.0)), 1, 0)[0]
    rates = []
    for rules in (tape.course.rules, dear):
        fills = simulate(tape.course.grid, tape.course.votes, rules).fills
        rates.append(fills["fee"].sum() / (fills["lots"] * fills["ticks"]).sum())
    assert rates[1] == pytest.approx(4.0 * rates[0])
