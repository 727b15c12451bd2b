"""What makes a trial, and what the tool's own count does to a Sharpe ratio."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from run_support import change_after, write_bars

from config.reading.load import load_profile
from config.seeds import generator
from evidence.search.counted import Trials, parameters_hash, parameters_of, scope_of
from market.tape import Tape, recorded_tape

NOW = datetime(2024, 6, 1, tzinfo=UTC)
RECORDED = {"world": "recorded", "sentiment.sources": []}


def tape_of(paths: list[Path], start: str = "2024-01-02", end: str = "2024-01-18") -> Tape:
    moments = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end))
    return recorded_tape(load_profile("backtest", RECORDED), paths, None, *moments)


def test_the_hash_is_of_the_bars_and_not_of_their_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    symbols = ("BTC/USDT", "ETH/USDT")
    one, other = write_bars(tmp_path / "a", symbols), write_bars(tmp_path / "b", symbols)
    before = scope_of(tape_of(one))
    assert scope_of(tape_of(other[::-1])).data_hash == before.data_hash
    change_after(one[0], "2024-01-25")
    assert scope_of(tape_of(one)) == before, "bars outside the window are no part of it"
    change_after(one[0], "2024-01-17")
    assert scope_of(tape_of(one)).data_hash != before.data_hash
    assert scope_of(tape_of(other, end="2024-01-17")).data_hash != before.data_hash


def test_a_parameter_set_is_the_same_in_any_order_and_with_any_kind_of_number() -> None:
    assert parameters_hash({"a": 1, "b": [2.0]}) == parameters_hash({"b": [2], "a": 1.0})
    assert parameters_hash({"a": 1}) != parameters_hash({"a": 1.5})
    assert parameters_hash({"a": 1}) != parameters_hash({"a": True})
    with pytest.raises(ValueError, match="JSON"):
        parameters_hash({"a": NOW})
    with pytest.raises(ValueError, match="JSON"):
        parameters_hash({"a": float("nan")})


def test_settings_that_change_an_order_make_a_trial_and_the_gates_do_not() -> None:
    base = parameters_of(load_profile("backtest", RECORDED))
    same = parameters_of(load_profile("backtest", RECORDED | {"gates.min_trades": 9, "journal.group_commit": 1}))
    other = parameters_of(load_profile("backtest", RECORDED | {"limits.stop_fraction": 0.02}))
    assert parameters_hash(base) == parameters_hash(same)
    assert parameters_hash(base) != parameters_hash(other)


def test_an_edited_strategy_of_ones_own_is_another_trial_and_its_folder_is_none() -> None:
    def trial(text: str, folder: str) -> str:
        voter = {"strategy": "own", "file": f"{folder}/mine.py", "name": "Mine"}
        settings = load_profile("backtest", RECORDED | {"strategies": [voter]})
        return parameters_hash(parameters_of(settings, {"mine.py": text}))

    first = trial("class Mine: ...", "here")
    assert first == trial("class Mine: ...", "there")
    assert len({first, *(trial(f"class Mine: x = {number}", "here") for number in range(5))}) == 6


def test_each_look_at_the_same_bars_lowers_what_the_best_of_them_is_worth(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    trials = Trials(tmp_path / "state", scope_of(tape_of(write_bars(tmp_path / "data"))))
    returns = generator(1, "curve").normal(0.0007, 0.01, size=2000).tolist()
    worth = []
    for stop in (1, 10, 100):
        sets = [{"stop": number} for number in range(stop)]
        assert trials.count("sweep", sets, NOW).own == stop
        deflated = trials.deflate(returns, 8760.0)
        assert deflated is not None
        assert (deflated.trials, deflated.deviation_from) == (stop, "sampling")
        worth.append(deflated.dsr)
    assert worth[0] > worth[1] > worth[2]
    made = generator(2, "made").normal(0.0, 0.05, size=100)
    trials.score([{"stop": number} for number in range(100)], [None, *made[1:].tolist()])
    scored = trials.deflate(returns, 8760.0)
    assert scored is not None
    assert scored.deviation_from == "trials"
    assert scored.trial_deviation == pytest.approx(np.std(made[1:], ddof=1) * np.sqrt(8760.0))
    assert len(trials.tried().sharpes) == 99
    trials.close()
    with pytest.raises(ValueError, match="zip"):
        trials.score([{"stop": 1}], [])


def test_a_shifted_window_does_not_start_afresh(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    paths = write_bars(tmp_path / "data")
    first = Trials(tmp_path / "state", scope_of(tape_of(paths)))
    first.count("sweep", [{"stop": number} for number in range(50)], NOW)
    first.close()
    again = Trials(tmp_path / "state", scope_of(tape_of(paths, start="2024-01-03")))
    assert again.count("backtest", [{"stop": 99}], NOW)[:2] == (1, 51)
    deflated = again.deflate(generator(1, "curve").normal(0.0, 0.01, size=300).tolist(), 8760.0)
    again.close()
    assert deflated is not None
    assert deflated.trials == 51
