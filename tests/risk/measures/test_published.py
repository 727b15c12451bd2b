"""The measures against outputs that PerformanceAnalytics publishes (four decimals, cut off rather than rounded)."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from risk.kelly import kelly_continuous
from risk.measures.basic import (
    Floats,
    correlation,
    gaussian_es,
    gaussian_var,
    historical_es,
    historical_var,
    modified_es,
    modified_var,
    moments,
    sample_std,
    scale_to_horizon,
    volatility,
)
from risk.measures.drawdown import drawdown_series, max_drawdown, wealth_curve
from risk.measures.ratios import cagr, calmar, downside_deviation, omega, sharpe, sortino

Measure = Callable[[Floats], float | None]


class Published:
    """The published calls with their printed tables, and the three data sets they are made of."""

    def __init__(self, folder: Path) -> None:
        self.cases = json.loads((folder / "published_example_outputs.json").read_text())
        self.edhec = pd.read_csv(folder / "edhec_monthly_returns.csv", index_col=0)
        self.managers = pd.read_csv(folder / "managers_monthly_returns.csv", index_col=0)
        self.bacon = pd.read_csv(folder / "portfolio_bacon.csv", index_col=0)

    def printed(self, call: str, label: str) -> list[float]:
        """All numbers of the rows that begin with `label`, in the order of the columns."""
        outputs = [case["output"] for case in self.cases if re.sub(r"\s+", " ", case["call"]) == call]
        assert outputs, f"no published output for {call}"
        rows = [line[len(label) :] for line in outputs[0].splitlines() if line.startswith(label)]
        return [float(number) for row in rows for number in row.split()]


@pytest.fixture(scope="module")
def published(shared: Path) -> Published:
    return Published(shared / "reference" / "performanceanalytics")


def series(frame: pd.DataFrame, columns: slice | list[int] = slice(None)) -> list[Floats]:
    part = frame.iloc[:, columns]
    return [part[name].dropna().to_numpy(np.float64) for name in part]


def agree(measured: Iterable[float | None], printed: list[float]) -> None:
    numbers = [number for number in measured if number is not None]
    assert len(numbers) == len(printed)
    assert numbers == pytest.approx(printed, abs=1.05e-4)


LOSSES: list[tuple[str, str, Measure]] = [
    ('VaR(edhec, p = 0.95, method = "historical")', "VaR", lambda r: -historical_var(r, confidence=0.95)),
    ('VaR(edhec, p = 0.95, method = "gaussian")', "VaR", lambda r: -gaussian_var(r, confidence=0.95)),
    ('VaR(edhec, p = 0.95, method = "modified")', "VaR", lambda r: -modified_var(r, confidence=0.95)),
    ("VaR(edhec, p = 0.99)", "VaR", lambda r: -modified_var(r, confidence=0.99)),
    ('ES(edhec, p = 0.95, method = "historical")', "ES", lambda r: -historical_es(r, confidence=0.95)),
    ('ES(edhec, p = 0.95, method = "gaussian")', "ES", lambda r: -gaussian_es(r, confidence=0.95)),
    ("ES(edhec, p = 0.99)", "ES", lambda r: -modified_es(r, confidence=0.99)),
    ("ES(edhec, p = 0.01)", "ES", lambda r: -modified_es(r, confidence=0.99)),
    ("StdDev(edhec)", "StdDev", lambda r: volatility(r, bars_per_year=1)),
    ('StdDev(edhec, portfolio_method = "single")', "StdDev", lambda r: volatility(r, bars_per_year=1)),
    ("sd.annualized(edhec)", "Annualized Standard Deviation", lambda r: volatility(r, bars_per_year=12)),
    ("DownsideSharpeRatio(edhec)", "Downside Sharpe Ratio", lambda r: r.mean() / (downside_from_mean(r) * 2**0.5)),
]


def downside_from_mean(returns: Floats) -> float:
    return downside_deviation(returns, target=float(returns.mean()))


@pytest.mark.parametrize(("call", "label", "measure"), LOSSES, ids=[case[0] for case in LOSSES])
def test_thirteen_hedge_fund_styles_agree_with_what_is_published(
    published: Published, call: str, label: str, measure: Measure
) -> None:
    agree(map(measure, series(published.edhec)), published.printed(call, label))


RISK_TABLE: list[tuple[str, Measure]] = [
    ("Semi Deviation", downside_from_mean),
    ("Downside Deviation (MAR=5%)", lambda r: downside_deviation(r, target=0.05 / 12)),
    ("Downside Deviation (Rf=4%)", lambda r: downside_deviation(r, target=0.04 / 12)),
    ("Downside Deviation (0%)", downside_deviation),
    ("Maximum Drawdown", lambda r: max_drawdown(wealth_curve(r))),
    ("Historical VaR (95%)", lambda r: -historical_var(r, confidence=0.95)),
    ("Historical ES (95%)", lambda r: -historical_es(r, confidence=0.95)),
    ("Modified VaR (95%)", lambda r: -modified_var(r, confidence=0.95)),
    ("Modified ES (95%)", lambda r: -modified_es(r, confidence=0.95)),
]


@pytest.mark.parametrize(("label", "measure"), RISK_TABLE, ids=[row[0] for row in RISK_TABLE])
def test_the_published_table_of_downside_risk_agrees_row_by_row(
    published: Published, label: str, measure: Measure
) -> None:
    call = "table.DownsideRisk(edhec, Rf = 0.04/12, MAR = 0.05/12, p = 0.95)"
    agree(map(measure, series(published.edhec)), published.printed(call, label))


MANAGERS: list[tuple[str, str, list[int], Measure]] = [
    (
        "CalmarRatio(managers[, 1, drop = FALSE])",
        "Calmar Ratio",
        [0],
        lambda r: calmar(r, bars_per_year=12),
    ),
    ("CalmarRatio(managers[, 1:6])", "Calmar Ratio", list(range(6)), lambda r: calmar(r, bars_per_year=12)),
    (
        "round(Return.annualized(managers[, 1:8]), 4)",
        "Annualized Return",
        list(range(8)),
        lambda r: cagr(r, bars_per_year=12),
    ),
    (
        "round(Return.annualized(managers[, 1, drop = FALSE]), 4)",
        "Annualized Return",
        [0],
        lambda r: cagr(r, bars_per_year=12),
    ),
    (
        "Return.cumulative(managers[, 1:8])",
        "Cumulative Return",
        list(range(8)),
        lambda r: wealth_curve(r)[-1] - 1,
    ),
    ("Return.cumulative(mgr_eq)", "Cumulative Return", list(range(6)), lambda r: wealth_curve(r)[-1] - 1),
    (
        'SharpeRatio(managers[, 1, drop = FALSE], Rf = 0.035/12, FUN = "StdDev")',
        "Sharpe Ratio (Rf=0.3%, p=95%):",
        [0],
        lambda r: sharpe(r, bars_per_year=1, risk_free=0.035 / 12),
    ),
    (
        'SharpeRatio(managers[, 1:6], Rf = 0.035/12, FUN = "StdDev")',
        "Sharpe Ratio (Rf=0.3%, p=95%):",
        list(range(6)),
        lambda r: sharpe(r, bars_per_year=1, risk_free=0.035 / 12),
    ),
    (
        "round(SortinoRatio(managers[, 1:8]), 4)",
        "Sortino Ratio (MAR = 0%)",
        list(range(8)),
        lambda r: sortino(r, bars_per_year=1),
    ),
    (
        "DownsideDeviation(managers[, 1:6])",
        "Downside Deviation (MAR = 0%)",
        list(range(6)),
        downside_deviation,
    ),
    (
        "DownsideDeviation(managers[, 1:6], MAR = 0.04/12)",
        "Downside Deviation (MAR = 0%)",
        list(range(6)),
        lambda r: downside_deviation(r, target=0.04 / 12),
    ),
    ("table.DownsideRiskRatio(managers[, 1:8])", "Omega  ", list(range(8)), omega),
    (
        "table.DownsideRiskRatio(managers[, 1:8])",
        "Omega-sharpe ratio",
        list(range(8)),
        lambda r: (omega(r) or 0.0) - 1.0,
    ),
    (
        "table.DownsideRiskRatio(managers[, 1:8])",
        "Sortino ratio",
        list(range(8)),
        lambda r: sortino(r, bars_per_year=1),
    ),
    ("table.DownsideRiskRatio(managers[, 1:8])", "monthly downside risk", list(range(8)), downside_deviation),
    ("table.Distributions(managers[, 1:8])", "Skewness", list(range(8)), lambda r: moments(r).skewness),
    (
        "table.Distributions(managers[, 1:8])",
        "Excess kurtosis",
        list(range(8)),
        lambda r: moments(r).excess_kurtosis,
    ),
    ("table.Variability(managers[, 1:8])", "monthly Std Dev", list(range(8)), sample_std),
    (
        "table.Variability(managers[, 1:8])",
        "Annualized Std Dev",
        list(range(8)),
        lambda r: volatility(r, bars_per_year=12),
    ),
    ("KellyRatio(managers[, 1, drop = FALSE], Rf = 0.04/12)", "Kelly Ratio", [0], lambda r: half_kelly(r, 0.04 / 12)),
]


def half_kelly(returns: Floats, risk_free: float) -> float:
    return kelly_continuous(float(returns.mean()), sample_std(returns) ** 2, risk_free=risk_free) / 2


@pytest.mark.parametrize(
    ("call", "label", "columns", "measure"), MANAGERS, ids=[f"{case[0]} {case[1]}" for case in MANAGERS]
)
def test_the_managers_agree_with_what_is_published(
    published: Published, call: str, label: str, columns: list[int], measure: Measure
) -> None:
    agree(map(measure, series(published.managers, columns)), published.printed(call, label))


def test_kelly_over_a_moving_risk_free_rate_agrees(published: Published) -> None:
    pairs = [published.managers.iloc[:, [i, 9]].dropna().to_numpy(np.float64) for i in range(6)]
    measured = [kelly_continuous(float((p[:, 0] - p[:, 1]).mean()), sample_std(p[:, 0]) ** 2) / 2 for p in pairs]
    agree(measured, published.printed("KellyRatio(managers[, 1:6], Rf = managers[, 10, drop = FALSE])", "Kelly Ratio"))


@pytest.mark.parametrize("columns", ["1", "1:6", "1:6, geometric"])
def test_the_annualised_sharpe_ratio_over_a_moving_risk_free_rate_agrees(published: Published, columns: str) -> None:
    first = "1, drop = FALSE" if columns == "1" else "1:6"
    tail = ", geometric = FALSE" if "geometric" in columns else ""
    call = f"SharpeRatio.annualized(managers[, {first}], Rf = managers[, 10, drop = FALSE]{tail})"
    count = 1 if columns == "1" else 6
    pairs = [published.managers.iloc[:, [i, 9]].dropna().to_numpy(np.float64) for i in range(count)]
    measured = [sharpe(p[:, 0], bars_per_year=12, risk_free=p[:, 1]) for p in pairs]
    agree(measured, published.printed(call, "Annualized Sharpe Ratio (Rf=3.9%, p=95%):"))


RATIOS: list[tuple[str, str, Measure]] = [
    (
        'SharpeRatio(edhec[, 6, drop = FALSE], Rf = 0.04/12, FUN = "VaR")',
        "VaR Sharpe Ratio (Rf=0.3%, p=95%):",
        lambda r: (r.mean() - 0.04 / 12) / modified_var(r - 0.04 / 12, confidence=0.95),
    ),
    (
        'SharpeRatio(edhec[, 6, drop = FALSE], Rf = 0.04/12, FUN = "VaR", method = "gaussian")',
        "VaR Sharpe Ratio (Rf=0.3%, p=95%):",
        lambda r: (r.mean() - 0.04 / 12) / gaussian_var(r - 0.04 / 12, confidence=0.95),
    ),
    (
        'SharpeRatio(edhec[, 6, drop = FALSE], FUN = "ES")',
        "ES Sharpe Ratio (Rf=0%, p=95%):",
        lambda r: r.mean() / modified_es(r, confidence=0.95),
    ),
    (
        "sd.multiperiod(edhec[, 6, drop = FALSE], scale = 3)",
        "Annualized Standard Deviation",
        lambda r: scale_to_horizon(sample_std(r), 3),
    ),
]


@pytest.mark.parametrize(("call", "label", "measure"), RATIOS, ids=[case[0] for case in RATIOS])
def test_ratios_and_horizons_made_of_our_measures_agree(
    published: Published, call: str, label: str, measure: Measure
) -> None:
    agree([measure(series(published.edhec)[5])], published.printed(call, label))


def test_bacons_downside_deviation_and_omega_agree(published: Published) -> None:
    returns = series(published.bacon)[0]
    deviation = published.printed("DownsideDeviation(portfolio_bacon[, 1], MAR)", "[1,]")
    agree([downside_deviation(returns, target=0.005)], deviation)
    ratio = published.printed("print(OmegaSharpeRatio(portfolio_bacon[, 1], MAR))", "[1,]")
    agree([(omega(returns, target=0.005) or 0.0) - 1.0], ratio)


def test_the_worst_drawdown_of_every_manager_agrees(published: Published) -> None:
    for name in published.managers.columns:
        returns = published.managers[name].dropna().to_numpy(np.float64)
        agree([max_drawdown(wealth_curve(returns))], published.printed("t(round(maxDrawdown(managers), 4))", name))


def depths(returns: Floats) -> list[float]:
    """The deepest point of every spell below a peak, deepest first."""
    falls = drawdown_series(wealth_curve(returns))
    spells = np.split(falls, np.flatnonzero(falls == 0.0))
    return sorted((float(spell.max()) for spell in spells if len(spell) and spell.max() > 0), reverse=True)


@pytest.mark.parametrize(("data", "column"), [("edhec", 0), ("managers", 7)])
def test_the_five_deepest_drawdowns_agree(published: Published, data: str, column: int) -> None:
    call = f"table.Drawdowns({data}[, {column + 1}, drop = FALSE])"
    table = next(case["output"] for case in published.cases if case["call"] == call)
    printed = [float(line.split()[4]) for line in table.splitlines()[1:]]
    frame: pd.DataFrame = getattr(published, data)
    agree([-depth for depth in depths(series(frame)[column])[:5]], printed)


def test_all_drawdown_spells_of_the_fund_of_funds_agree(published: Published) -> None:
    call = 'sortDrawdowns(findDrawdowns(edhec[, "Funds of Funds", drop = FALSE]))'
    output = next(c["output"] for c in published.cases if re.sub(r"\s+", " ", c["call"]) == call)
    printed = [float(n) for n in re.findall(r"-?\d\.\d{4}", output.split("$from")[0])]
    agree([-depth for depth in depths(series(published.edhec)[12])], [n for n in printed if n < 0])


def test_correlations_agree(published: Published) -> None:
    call = "table.SFM(managers[, 1:3], managers[, 8], Rf = managers[, 10])"
    rate = published.managers.iloc[:, 9]
    excess = published.managers.sub(rate, axis=0)
    pairs = [excess.iloc[:, [i, 7]].dropna().to_numpy(np.float64) for i in range(3)]
    agree([correlation(p[:, 0], p[:, 1]) for p in pairs], published.printed(call, "Correlation  "))


@pytest.mark.parametrize("months", [12, 24, 36])
def test_trailing_correlations_agree(published: Published, months: int) -> None:
    call = (
        "table.TrailingPeriodsRel(edhec[, 10:12], Rb = edhec[, 13], periods = c(12, 24, 36), "
        'FUNCS = c("cor", "CAPM.beta"), funcs.names = c("Correlation", "Beta"))'
    )
    last = [column[-months:] for column in series(published.edhec)]
    printed = published.printed(call, f"Last {months} month Correlation to Funds of Funds")
    agree([correlation(last[i], last[12]) for i in (9, 10, 11)], printed)
