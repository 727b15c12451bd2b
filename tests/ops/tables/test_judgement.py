"""The judgement of a backtest as tables: its figures, a dash for the unknown, nothing where nothing was asked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from config.errors import OutputFault
from evidence.statistics.bootstrap import Estimate, Intervals
from evidence.statistics.deflated import Deflated
from evidence.statistics.key_figures import Measure
from evidence.strategies.baselines import AgainstChance, Placed
from evidence.strategies.gates import Gate, Readiness
from ops.story.measures import Measures, TailLosses, TradeGroup
from ops.story.performance import TradeFigures
from ops.tables.grid import Grid
from ops.tables.judgement import JUDGEMENT, Judgement, sheets, show_judgement, write_judgement
from ops.tables.plain import DASH

Shown = pytest.CaptureFixture[str]
VALUES = {
    Measure.SHARPE: (1.25, -0.31, 2.8),
    Measure.CAGR: (0.1234, -0.05, 0.31),
    Measure.MAX_DRAWDOWN: (0.08, 0.04, 0.2),
    Measure.MEAN_RETURN: (0.00012, -0.00001, 0.00025),
    Measure.SORTINO: (0.012, None, None),
    Measure.CALMAR: (None, None, None),
}
GATES = (
    Gate(name="sharpe", number=1.25, must_be="above", limit=1.0),
    Gate(name="max_drawdown", number=0.08, must_be="below", limit=0.05),
    Gate(name="trades", number=None, must_be="above", limit=100.0),
)


def group(name: str, **figures: Any) -> TradeGroup:
    values: dict[str, Any] = dict.fromkeys(TradeFigures.model_fields)
    values |= {"closed": 1234, "win_rate": 0.5, "expectancy": 0.04, "profit_factor": 1.5} | figures
    return TradeGroup(name=name, pnl=-1234.5, fees=9.999, trades=TradeFigures.model_construct(**values))


def measures(**changes: Any) -> Measures:
    tail = TailLosses(confidence=0.99, var=0.01, es=0.02, days=365, exceeded=5, expected=3.65)
    given = {
        "hold_return": -0.25, "turnover_a_year": 12.345, "sqn": None, "tail": tail, "by_strategy": (group("ema_cross"),),
        "by_symbol": (), "by_exit": (group("stop_loss"), group("brand_new")), "by_month": (),
    }  # fmt: skip
    return Measures.model_construct(**{**given, **changes})


def judgement(**changes: Any) -> Judgement:
    estimates = tuple(
        Estimate(measure=measure, value=value, low=low, high=high, undefined=0.0)
        for measure, (value, low, high) in VALUES.items()
    )
    found = Intervals(bars=8760, block=12.5, resamples=2000, confidence=0.95, estimates=estimates)
    given = {
        "measures": measures(), "readiness": Readiness(gates=GATES), "intervals": found, "deflated": None, "chance": None,
    }  # fmt: skip
    return Judgement.model_construct(**{**given, **changes})


def by_name(grid: Grid) -> dict[str, Sequence[str]]:
    return {row[0]: row[1:] for row in grid.rows}


def test_each_key_figure_is_in_its_unit_with_its_interval() -> None:
    rows = by_name(sheets(judgement()).key_figures)
    assert rows["Sharpe"] == ("1.25", "-0.31 to 2.80")
    assert rows["growth a year (CAGR)"] == ("12.34%", "-5.00% to 31.00%")
    assert rows["maximum drawdown"] == ("8.00%", "4.00% to 20.00%")
    assert rows["mean return of a bar"] == ("1.200 bps", "-0.100 bps to 2.500 bps")
    assert rows["Sortino"] == ("0.01200", "")
    assert rows["Calmar"] == (DASH, "")


def test_the_forecast_is_held_against_what_was_due_and_what_is_unknown_is_a_dash() -> None:
    rows = by_name(sheets(judgement()).key_figures)
    assert rows["one-day VaR exceeded"] == ("5 of 365 days", "3.6 were due")
    assert rows["buy and hold"] == ("-25.00%", "")
    assert rows["SQN"] == (DASH, "")
    tail = TailLosses(confidence=0.99, var=None, es=None, days=None, exceeded=None, expected=None)
    assert by_name(sheets(judgement(measures=measures(tail=tail))).key_figures)["one-day VaR exceeded"] == (DASH, "")


def test_without_intervals_the_other_figures_stand() -> None:
    assert list(by_name(sheets(judgement(intervals=None)).key_figures)) == [
        "buy and hold", "turnover a year", "one-day VaR exceeded", "SQN",
    ]  # fmt: skip


@pytest.mark.parametrize(("trials", "words"), [(1, "of 1 trial counted"), (2040, "of 2,040 trials counted")])
def test_a_deflated_ratio_says_how_many_trials_were_counted(trials: int, words: str) -> None:
    luck = Deflated.model_construct(dsr=0.9321, trials=trials, hurdle=0.75)
    value, said = by_name(sheets(judgement(deflated=luck)).key_figures)["deflated Sharpe"]
    assert value == "93.21%"
    assert said == f"{words} on these bars; hurdle 0.75"


def test_each_gate_shows_number_limit_and_verdict_and_the_unknown_does_not_pass() -> None:
    assert by_name(sheets(judgement()).gates) == {
        "sharpe": ("1.25", "above 1", "passed"),
        "max drawdown": ("8.00%", "below 5.00%", "not passed"),
        "trades": (DASH, "above 100", "not passed"),
    }


def test_parts_of_the_profit_are_named_in_words_where_there_are_some() -> None:
    found = sheets(judgement())
    assert list(by_name(found.by_exit)) == ["stop", "brand_new"]
    assert by_name(found.by_strategy)["ema_cross"] == ("1,234", "50.00%", "-1,234.50", "10.00", "0.04000", "1.50")
    assert found.by_market.rows == ()


def test_a_comparison_with_chance_is_there_only_if_it_was_asked_for() -> None:
    assert sheets(judgement()).chance == Grid("", sheets(judgement()).chance.columns, ())
    placed = Placed(value=0.1, percentile=0.96, p_value=0.0476, low=-0.2, median=0.0, high=0.09)
    chance = AgainstChance(
        seeds=20, entries=1, trades=7, random_trades=1234.4, total_return=placed, sharpe=placed, held_return=-0.5,
        held_sharpe=-0.75,
    )  # fmt: skip
    grid = sheets(judgement(chance=chance)).chance
    rows = by_name(grid)
    assert "20 runs with 1 entry at random times" in grid.title
    assert rows["return"] == ("+10.00%", "-20.00% to +9.00%", "96.00%", "0.048")
    assert rows["trades"] == ("7", "1,234 on average", "", "")
    assert rows["always long: return"][0] == "-50.00%"


def test_empty_tables_are_not_printed(capsys: Shown) -> None:
    show_judgement(judgement())
    shown = capsys.readouterr().out
    assert "Gates before paper trading" in shown
    assert "By strategy" in shown
    assert "By market" not in shown
    assert "Comparison with chance" not in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_a_judgement_that_cannot_be_kept_is_a_fault_of_the_output(tmp_path: Path) -> None:
    kept = judgement(measures=measures(by_strategy=(), by_exit=()))
    (tmp_path / JUDGEMENT).mkdir()
    with pytest.raises(OutputFault):
        write_judgement(tmp_path, kept)
