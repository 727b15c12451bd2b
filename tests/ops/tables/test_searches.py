"""Tables of searches, walks, ladders, impact and the risk model: they fit a pipe, say the same in Markdown, dash the unknown."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.riskmodel.estimator_tests import Cell, Standing
from evidence.riskmodel.exceedances import Light
from evidence.riskmodel.figures import Carried, MarketFigures, RiskModelReport
from evidence.search.figures import Figures
from evidence.search.study import Known
from evidence.search.walk import Fold, Paths, WalkForward
from evidence.statistics.bootstrap import Difference, Differences, Estimate, Intervals
from evidence.statistics.deflated import Deflated
from evidence.statistics.impact_fit import ImpactReport
from evidence.statistics.key_figures import Measure
from evidence.statistics.overfitting import Overfitting
from evidence.strategies.ladder import NAMES, Ladder, Rung
from evidence.strategies.paired import Changed, Paired, Side
from evidence.strategies.policy_rungs import PolicyTold
from ops.tables.grid import Grid
from ops.tables.impact import impact_text, show_impact
from ops.tables.ladder import grids as ladder_grids
from ops.tables.ladder import ladder_markdown, show_ladder
from ops.tables.plain import DASH
from ops.tables.riskmodel import riskmodel_text, show_riskmodel
from ops.tables.sweep import Found, WithCourt, show_sweep, sweep_markdown
from ops.tables.voters.ab import ab_markdown, show_ab
from ops.tables.voters.ab import grids as ab_grids
from ops.tables.walk import grids as walk_grids
from ops.tables.walk import show_walk, walk_markdown

AT = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PIPE = 100
"""Columns where stdout is no terminal."""


def intervals(known: bool = True) -> Intervals:
    """A Sharpe ratio of 1.25 and, as it is a share of the peak, a deepest fall of 25 %."""
    ratios, falls = ((1.25, -0.31, 2.8), (0.25, 0.11, 0.402)) if known else ((None, None, None),) * 2
    bounds = {measure: falls if measure is Measure.MAX_DRAWDOWN else ratios for measure in Measure}
    return Intervals(
        bars=8_760, block=12.5, resamples=2_000, confidence=0.95,
        estimates=tuple(
            Estimate(measure=measure, value=value, low=low, high=high, undefined=0.0)
            for measure, (value, low, high) in bounds.items()
        ),
    )  # fmt: skip


def difference(measure: Measure, low: float | None, high: float | None) -> Difference:
    value = None if low is None or high is None else (low + high) / 2
    return Difference(
        measure=measure, first=1.0, second=0.5, value=value, low=low, high=high, share_above=0.7, undefined=0.0
    )


def ladder(known: bool = True, low: float = 0.01) -> Ladder:
    versus = tuple(difference(measure, low if known else None, 0.09 if known else None) for measure in Measure)
    rungs = tuple(
        Rung(
            name=name, trades=1_234, hearings=9, deployed=0.151, growth=-0.0421, intervals=intervals(known),
            versus=versus if place else None,
        )
        for place, name in enumerate(NAMES)
    )  # fmt: skip
    return Ladder(
        label="binance_BTCUSDT_1h.parquet", symbols=("BTC/USDT", "ETH/USDT"), bars=8_760, years=1.0, market_growth=0.55,
        rungs=rungs,
    )  # fmt: skip


def compared(known: bool = True) -> Paired:
    bounds = (-0.01, 0.09) if known else (None, None)
    sides = tuple(
        Side(
            name=name, profile=profile, growth=-0.0421, sharpe=1.25 if known else None, max_drawdown=0.25 if known else None,
            trades=1_234, hearings=2_471, signed=771, deployed=0.151, fees=1_263.15, models_usd=0.0421,
        )
        for name, profile in (("A", "backtest"), ("B", "balanced"))
    )  # fmt: skip
    changed = tuple(
        Changed(key=key, a=0.05, b=None)
        for key in ("limits.max_position_fraction", "strategies.0.limits.max_cluster_fraction")
    )
    return Paired(
        label="binance_BTCUSDT_1h.parquet", symbols=("BTC/USDT", "ETH/USDT"), bars=8_760, days=365, years=1.0,
        market_growth=0.55, changed=changed, sides=sides,
        differences=Differences(
            bars=365, block=3.0, resamples=2_000, confidence=0.95,
            differences=tuple(difference(measure, *bounds) for measure in Measure),
        ),
    )  # fmt: skip


def deflated() -> Deflated:
    return Deflated(
        bars=8_760, sharpe=1.2, skewness=-0.1, kurtosis=4.0, trials=1_500, trial_deviation=0.4, deviation_from="trials",
        hurdle=1.31, psr=0.9, dsr=0.43, confidence=0.95, track_record_bars=None,
    )  # fmt: skip


def walk(known: bool = True, folds: int = 3) -> WalkForward:
    sharpe = 0.82 if known else None
    return WalkForward(
        label="two years of bars", symbols=("BTC/USDT",), sets=18, growth=0.071, joined=intervals(known),
        folds=tuple(
            Fold(
                train_utc=(AT, AT + 90 * DAY), test_utc=(AT + 90 * DAY, AT + 120 * DAY),
                chosen={"ema_cross.rsi_max": 70.0, "rsi_bounce.low": 27.5}, sharpe_train=sharpe, sharpe_test=sharpe,
                growth_test=-0.031, trades_test=17,
            )
            for _ in range(folds)
        ),
        cross_validation=Paths(groups=6, tested=2, splits=15, sharpes=(0.2, -0.4, 0.9, 1.1, 0.3)),
        overfitting=Overfitting(
            bars=17_520, trials=18, blocks=16, combinations=12_870, probability=0.62, logits=(0.1, -0.4), median_logit=-0.15,
            slope=-0.4 if known else None, intercept=0.2 if known else None, probability_of_loss=0.55,
            sharpe_in_sample=1.9, sharpe_out_of_sample=-0.2,
        ),
    )  # fmt: skip


def found(known: bool = True, top: int = 5, luck: bool = True) -> Found:
    return Found(
        label="a year of bars", symbols=("BTC/USDT", "ETH/USDT"), tried=2_000, growth=0.031, trades=41,
        top=tuple(
            Known(
                number=number, values={"ema_cross.rsi_max": 60.0 + number, "exits.stop_atr": 2.5},
                sharpe=1.9 - number / 10 if known else None, signed=1_200 + number,
            )
            for number in range(top)
        ),
        intervals=intervals(known), deflated=deflated() if luck else None,
    )  # fmt: skip


def impact(known: bool = True) -> ImpactReport:
    return ImpactReport(
        symbol="BTC/USDT", books=120, walks=4_800, first_utc=AT, last_utc=AT + timedelta(seconds=1_234),
        measured="the bar of 2024-01-01", sigma=0.0123, volume=45_678.0, least_share=1.2e-6, most_share=3.4e-4,
        quoted_half_spread_bps=0.05, half_spread_bps=0.061, coefficient=0.234, low=0.19 if known else None,
        high=0.27 if known else None, r_squared=0.91,
    )  # fmt: skip


def cell(symbol: str, horizon: str, method: Any, known: bool = True, failed: tuple[str, ...] = ()) -> Cell:
    return Cell(
        horizon=horizon, symbol=symbol, confidence=0.99, method=method, bars=8_000, expected=80.0, exceeded=1_096,
        kupiec_p=0.07, independence_p=0.0001, coverage_p=0.5, z1=-0.11 if known else None, z1_p=0.2 if known else None,
        z2=-0.3 if known else None, z2_p=0.03 if known else None, light=Light.YELLOW, quantile_loss=0.00031,
        joint_loss=-3.2 if known else None, failed=failed,
    )  # fmt: skip


def riskmodel(known: bool = True) -> RiskModelReport:
    symbols, methods = ("BTC/USDT", "ETH/USDT"), ("historical", "fhs_ewma", "fhs_garch")
    return RiskModelReport(
        timeframe="1h", window=500, bars_tested=True, day_rule="day", step_bars=2, day_window_bars=500, refit=1_000, seed=7,
        confidences=(0.95, 0.99), in_use="historical",
        markets=tuple(
            MarketFigures(
                symbol=symbol, first_utc=AT, last_utc=AT + 300 * DAY, volatility=0.612, max_drawdown=0.733,
                longest_drawdown_days=412.0, conditional_drawdown=0.61, ulcer=0.31, omega=1.02 if known else None,
                tail_ratio=0.97 if known else None, stressed_var=0.031, stressed_es=0.052, stressed_until_utc=AT + 20 * DAY,
            )
            for symbol in symbols
        ),
        carried=tuple(
            Carried(symbol=symbol, historical_var=0.01, historical_es=0.02, gaussian_var=0.012, gaussian_es=0.015)
            for symbol in symbols
        ),
        ranking=tuple(
            Standing(
                method=method, passed=9 - place, made=12, passed_bar=5, passed_day=4 - place,
                joint_loss=-3.1 if known else None, quantile_loss=0.00032,
            )
            for place, method in enumerate(methods)
        ),
        cells=tuple(
            cell(symbol, horizon, method, known, ("rate",) if method == "historical" else ())
            for horizon in ("1h", "day") for symbol in symbols for method in methods
        ),
    )  # fmt: skip


SHOWN: dict[str, Callable[[bool, bool], None]] = {
    "ladder": lambda known, as_json: show_ladder(ladder(known), as_json=as_json),
    "ab": lambda known, as_json: show_ab(compared(known), as_json=as_json),
    "walk": lambda known, as_json: show_walk(walk(known), deflated() if known else None, as_json=as_json),
    "sweep": lambda known, as_json: show_sweep(found(known, luck=known), as_json=as_json),
    "impact": lambda known, as_json: show_impact(impact(known), as_json=as_json),
    "riskmodel": lambda known, as_json: show_riskmodel(riskmodel(known), as_json=as_json),
}
each_table = pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN.keys())


@each_table
@pytest.mark.parametrize("known", [True, False])
def test_what_is_printed_fits_a_pipe_and_no_cell_is_cut(
    show: Callable[[bool, bool], None], known: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    show(known, False)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= PIPE
    assert "…" not in printed
    assert "nan" not in printed.lower().replace("binance", "")
    assert "None" not in printed


@each_table
def test_what_is_unknown_is_a_dash_and_not_a_nought(
    show: Callable[[bool, bool], None], capsys: pytest.CaptureFixture[str]
) -> None:
    show(False, False)
    assert DASH in capsys.readouterr().out


@each_table
@pytest.mark.parametrize("known", [True, False])
def test_as_json_there_is_one_whole_object_and_nothing_else(
    show: Callable[[bool, bool], None], known: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    show(known, True)
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert isinstance(json.loads(printed), dict)


def cells_of(line: str) -> list[str]:
    return [part.strip() for part in line.strip("|").split("|")]


@pytest.mark.parametrize(
    ("markdown", "grids"),
    [
        (ladder_markdown(ladder()), ladder_grids(ladder())),
        (walk_markdown(walk(), deflated()), walk_grids(walk(), deflated())),
        (ab_markdown(compared()), ab_grids(compared())),
    ],
    ids=["ladder", "walk", "ab"],
)
def test_markdown_holds_the_very_cells_of_the_console(markdown: str, grids: tuple[Grid, ...]) -> None:
    lines = [cells_of(line) for line in markdown.splitlines() if line.startswith("| ")]
    for grid in grids:
        assert list(grid.columns) in lines
        for row in grid.rows:
            assert [cell.strip() for cell in row] in lines
        assert f"**{grid.title}**" in markdown


def test_a_difference_that_leaves_out_nought_is_starred_and_one_that_holds_it_is_not() -> None:
    clear, unclear = ladder_grids(ladder(low=0.01))[1], ladder_grids(ladder(low=-0.01))[1]
    assert all(cell.endswith("*") for row in clear.rows for cell in row[1:])
    assert not any(cell.endswith("*") for row in unclear.rows for cell in row[1:])


def test_the_ladder_says_which_policy_stood_on_it_and_what_its_verdict_was() -> None:
    assert "no model" in ladder_markdown(ladder())
    for passed, words in ((None, "no verdict yet"), (True, "verdict passed"), (False, "verdict not passed")):
        told = PolicyTold(name="hourly", sha256="ab" * 32, passed=passed)
        assert f"hourly (abababababab), {words}" in ladder_markdown(ladder().model_copy(update={"policy": told}))


def test_every_rung_is_told_and_each_but_the_lowest_against_the_one_below() -> None:
    made, versus = ladder_grids(ladder())
    assert [row[0] for row in made.rows] == list(NAMES)
    assert [row[0] for row in versus.rows] == list(NAMES[1:])
    assert made.rows[0][1:4] == ("1,234", "15.10%", "-4.21%")


def test_a_fold_says_what_was_chosen_without_the_strategys_name() -> None:
    folds, luck = walk_grids(walk(), deflated())
    assert folds.rows[0] == ("2024-03-31 – 2024-04-30", "0.82", "0.82", "-3.10%", "17", "rsi_max=70 low=27.5")
    assert len(walk_grids(walk(), None)[1].rows) == len(luck.rows) - 1
    assert ("Backtest overfitting (PBO)", "62%", "of 12,870 halvings; 50 % is luck") in luck.rows


def test_a_sweep_tells_its_best_sets_and_what_luck_would_have_found() -> None:
    markdown = sweep_markdown(found())
    assert "BTC/USDT, ETH/USDT of a year of bars: 2,000 parameter sets tried" in markdown
    assert "| ema_cross.rsi_max=60 exits.stop_atr=2.5 | 1,200 | 1.90 |" in markdown
    assert "+3.10% in 41 trades, Sharpe 1.25 [-0.31, 2.80]." in markdown
    assert "Deflated by the 1,500 trials" in markdown
    assert "Deflated" not in sweep_markdown(found(luck=False))


def test_a_sweep_shows_what_each_set_made_and_how_many_sets_made_the_same() -> None:
    made = Figures(total_return=0.123, max_drawdown=0.04, trades=31, profit_factor=None, fills="f")
    plain = found(top=2)
    first, second = plain.top
    told = sweep_markdown(
        plain.model_copy(
            update={
                "top": (first.model_copy(update={"figures": made, "alike": 12}), second),
                "distinct": 170,
                "with_court": WithCourt(growth=0.011, trades=17, sharpe=0.4),
            }
        )
    )
    assert "(12 sets with these fills) | 1,200 | 1.90 | +12.30% | 4.00% | 31 | – |" in told
    assert "| 1,201 | 1.80 | – | – | – | – |" in told
    assert "They made 170 different lists of fills" in told
    assert "without the court, as it was searched: +3.10% in 41 trades" in told
    assert told.rstrip().endswith("With the court of the profile: +1.10% in 17 trades, Sharpe 0.40.")


def test_an_impact_says_the_setting_to_use() -> None:
    text = impact_text(impact())
    assert "120 books in 1,234.0 s from 2024-01-01 00:00:00 UTC" in text
    assert "Y               0.234   (95%: 0.19 to 0.27, these moments only)" in text
    assert "--impact square_root:0.23," in text
    assert f"(95%: {DASH}," in impact_text(impact(known=False))


def test_the_risk_model_names_the_best_that_the_gate_can_use_and_the_place_of_the_one_in_use() -> None:
    text = riskmodel_text(riskmodel())
    assert "Of the estimators that the gate can use, historical passes best, 9 of 12 tests." in text
    assert "In use: historical, place 1." in text
    garch_first = riskmodel().model_copy(update={"ranking": riskmodel().ranking[::-1]})
    assert "historical, place 3." in riskmodel_text(garch_first)
    assert "fhs_ewma passes best" in riskmodel_text(garch_first)


def test_a_symbol_is_named_once_a_table_and_failures_by_their_letter() -> None:
    table = riskmodel_text(riskmodel()).split("VaR and ES of one bar of 1h, 0.99")[1].split("VaR and ES of")[0]
    assert table.count("BTC/USDT") == table.count("ETH/USDT") == 1
    assert table.count("R · ·") == 2
    assert table.count("· · ·") == 4
    assert "<.001" in table


def test_the_estimator_in_use_is_added_up_over_all_markets_a_confidence() -> None:
    report = riskmodel()
    days = [cell for cell in report.cells if (cell.horizon, cell.method) == ("day", report.in_use)]
    assert days
    text = riskmodel_text(report).split("One day, as the gate measures it")[1].split("Ranking")[0]
    for confidence in {cell.confidence for cell in days}:
        found = sum(cell.exceeded for cell in days if cell.confidence == confidence)
        due = sum(cell.expected for cell in days if cell.confidence == confidence)
        row = next(line.split() for line in text.splitlines() if line.split()[:2] == ["all", f"{confidence:.4g}"])
        assert row[-3:] == [f"{due:.1f}", f"{found:,}", f"{found / due:.2f}"]
    by_bar = report.model_copy(update={"cells": tuple(cell for cell in report.cells if cell.horizon != "day")})
    assert "One day" not in riskmodel_text(by_bar)


def test_what_each_carries_is_added_up_and_one_symbol_alone_has_no_such_table() -> None:
    text = riskmodel_text(riskmodel())
    assert "together" in text
    assert "2.000%" in text.split("together")[1]
    alone = riskmodel().model_copy(update={"carried": ()})
    assert "together" not in riskmodel_text(alone)


CELL = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=12)


@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=5),
    columns=st.tuples(CELL, CELL, CELL),
    left=st.integers(0, 3),
)
def test_markdown_has_as_many_cells_in_each_line_whatever_stands_in_them(
    rows: list[tuple[str, str, str]], columns: tuple[str, str, str], left: int
) -> None:
    text = Grid("title", columns, tuple(rows), left=left).markdown()
    lines = [line.replace("\\|", "") for line in text.split("\n") if line.startswith("|")]
    assert len(lines) == len(rows) + 2
    assert {line.count("|") for line in lines} == {4}
    assert lines[1].count("---:") == 3 - left
