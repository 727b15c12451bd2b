"""The simulated market lies where real ones lie, and the document says what was measured."""

import re
from pathlib import Path

import numpy as np
import pytest

from evidence.stylised import main
from evidence.worlds.markets import recorded_facts, simulated_facts
from market.files.bars import read_bars
from market.simulated.scenarios import SCENARIOS
from market.timeframe import Timeframe
from ops.tables.market.stylised import NAMES, stylised_grid

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "simulated-market.md").read_text()
COINS = ("BTC/USDT", "ETH/USDT", "SOL/USDT")


def told() -> dict[str, tuple[float, float]]:
    """Where eight of ten real years lie, as the document has it."""
    rows = re.findall(r"^\| ([^|]+) \| (-?[\d.]+) to (-?[\d.]+) \|", PAGE, re.MULTILINE)
    return {words: (float(low), float(high)) for words, low, high in rows}


def test_the_middle_simulated_year_lies_where_eight_of_ten_real_years_lie() -> None:
    drawn = simulated_facts(range(1, 5), COINS, lambda: None)
    known = told()
    assert set(known) == set(NAMES.values())
    outside = {
        name: drawn.ranges[name].middle
        for name, words in NAMES.items()
        if not known[words][0] - 0.005 <= drawn.ranges[name].middle <= known[words][1] + 0.005
    }
    assert outside == {}


def test_the_document_lists_each_scenario_with_what_it_is() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert rows == {name: scenario.what for name, scenario in SCENARIOS.items()}


@pytest.mark.slow
def test_the_document_says_of_real_markets_what_their_files_say(shared: Path) -> None:
    candles = read_bars([shared / "ohlcv" / "spot_1h"], Timeframe.H1, None).candles
    real = recorded_facts(candles, f"{len(candles)} recorded markets")
    drawn = simulated_facts(range(1, 9), COINS, lambda: None)
    assert stylised_grid(real, drawn).markdown() in PAGE


def test_bars_of_less_than_a_year_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hours = np.arange(2_000, dtype=np.int64)
    lines = [f"{1_704_067_200_000 + hour * 3_600_000},100,102,99,{100 + hour % 3},5" for hour in hours]
    file = tmp_path / "BTCUSDT_1h.csv"
    file.write_text("time,open,high,low,close,volume\n" + "\n".join(lines) + "\n")
    assert main(["--data", str(file), "--seeds", "1", "--quiet"]) == 3
    assert "give whole years" in capsys.readouterr().err
