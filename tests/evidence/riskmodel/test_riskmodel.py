"""`evidence.riskmodel` on small markets whose law is known, and on input that it must refuse."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evidence.riskmodel.__main__ import main
from evidence.riskmodel.estimator_tests import Cell, ranking
from evidence.riskmodel.exceedances import Light
from evidence.riskmodel.market import open_market
from market.files.bars import read_market_files
from market.timeframe import Timeframe

WINDOW = 60


def write_bars(path: Path, *, bars: int = 700, seed: int = 1, flat: bool = False) -> Path:
    """Hourly bars from 2022-01-01 whose returns are Student's, twice as large in every other 100 bars."""
    chance = np.random.default_rng(seed)
    sizes = np.where(np.arange(bars) // 100 % 2, 0.008, 0.004)
    closes = 100 * np.cumprod(1 + sizes * chance.standard_t(5, bars) * (not flat))
    opens = np.concatenate([[100.0], closes[:-1]])
    times = pd.date_range("2022-01-01", periods=bars, freq="h", tz="UTC")
    frame = pd.DataFrame({"timestamp": times.astype(str), "open": opens, "close": closes, "volume": 5.0})
    frame["high"], frame["low"] = np.maximum(opens, closes), np.minimum(opens, closes)
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def markets(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("bars")
    return [
        str(write_bars(folder / f"binance_{base}USDT_1h.csv", seed=seed)) for seed, base in enumerate(("BTC", "ETH"))
    ]


def run(*arguments: str) -> int:
    return main([*arguments, "--window", str(WINDOW), "--confidence", "0.95", "--refit", "200"])


@pytest.mark.slow
def test_the_command_prints_ranks_and_writes_what_it_printed(
    markets: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot, out = tmp_path / "page.html", tmp_path / "table.md"
    assert run("--data", *markets, "--plot", str(plot), "--out", str(out)) == 0
    printed = capsys.readouterr()
    assert "Ranking" in printed.out
    assert "100%" in printed.err
    assert max(map(len, printed.out.splitlines())) <= 104
    assert "…" not in printed.out
    assert out.read_text() == f"```\n{printed.out}```\n"
    assert "<html" in plot.read_text()[:200]


def test_json_holds_every_cell_and_the_counts_are_those_of_a_plain_loop(
    markets: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--data", *markets, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert len(report["cells"]) == 2 * 2 * 8
    assert sum(standing["made"] for standing in report["ranking"]) == 3 * len(report["cells"])
    cell = next(
        c for c in report["cells"] if (c["symbol"], c["method"], c["horizon"]) == ("BTC/USDT", "historical", "1h")
    )
    closes = pd.read_csv(markets[0])["close"].to_numpy()
    returns = closes[1:] / closes[:-1] - 1
    beyond = [returns[i] < np.quantile(returns[i - WINDOW : i], 0.05) for i in range(WINDOW, len(returns))]
    assert (cell["bars"], cell["exceeded"]) == (len(beyond), sum(beyond))
    days = [c for c in report["cells"] if c["horizon"] == "day"]
    assert {c["bars"] for c in days} == {8}  # from the midnight of 22 January, after 500 bars, to that of 30 January
    carried = np.array([[part["historical_var"], part["gaussian_var"]] for part in report["carried"]]).sum(axis=0)
    assert (carried > 0.003).all()


def test_a_day_is_forecast_at_its_first_midnight_and_judged_at_its_last(tmp_path: Path) -> None:
    path = write_bars(tmp_path / "BTCUSDT.csv")
    market = open_market(read_market_files([path], Timeframe.H1, None)["BTC/USDT"], WINDOW, 100, None, None)
    assert (market.close_ms[market.days] % 86_400_000 == 0).all()
    first = market.days[0]
    assert 100 <= first < 124
    whole = np.prod(1 + market.returns[first : first + 24]) - 1
    assert market.day_returns[0] == pytest.approx(whole)


def cell(method: str, failed: tuple[str, ...], joint: float | None, horizon: str = "1h") -> Cell:
    return Cell(
        horizon=horizon, symbol="BTC/USDT", confidence=0.99, method=method, bars=100, expected=1.0, exceeded=1, kupiec_p=1.0,
        independence_p=1.0, coverage_p=1.0, z1=0.0, z1_p=0.5, z2=0.0, z2_p=0.5, light=Light.GREEN, quantile_loss=0.1,
        joint_loss=joint, failed=failed,
    )  # type: ignore[arg-type]  # fmt: skip


def test_more_passed_tests_win_then_the_lower_joint_loss_and_no_loss_comes_last() -> None:
    cells = [
        cell("gaussian", ("rate",), None), cell("ewma", ("rate",), -1.0), cell("evt", ("rate",), -2.0),
        cell("fhs_ewma", (), 5.0), cell("historical", ("rate", "severity"), -9.0),
    ]  # fmt: skip
    assert [standing.method for standing in ranking(cells)] == ["fhs_ewma", "evt", "ewma", "gaussian", "historical"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--confidence", "0.3"), "between 0.5 and 1"),
        (("--confidence", "0.99", "0.99"), "different numbers"),
        (("--window", "10"), "at least 50"),
        (("--refit", "0"), "at least 1"),
        (("--seed", "-1"), "at least 0"),
        (("--timeframe", "7h"), "Choose one of"),
        (("--start", "soon"), "is not a date"),
        (("--plot", "page.png"), ".html"),
        (("--out", "nowhere/at/all.md"), "no such folder"),
    ],
)
def test_arguments_that_cannot_be_are_refused_before_anything_is_computed(
    markets: list[str], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert main(["--data", *markets, *arguments]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("fault", ["short", "flat", "bad print", "missing"])
def test_data_that_cannot_be_used_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    path = tmp_path / "BTCUSDT.csv"
    if fault != "missing":
        write_bars(path, bars=90 if fault == "short" else 300, flat=fault == "flat")
    if fault == "bad print":
        path.write_text(path.read_text().replace(",5.0,", ",-5.0,", 1))
    assert run("--data", str(path)) == 3
    assert capsys.readouterr().err.strip().splitlines()[-1].endswith((".", "--start.", "--end."))
