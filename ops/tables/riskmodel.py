"""Tables of the risk model test: the ranking, then every exceedance test."""

import io
import sys
from collections.abc import Iterable, Sequence

from rich.table import Table

from config.progress import width_of
from evidence.riskmodel.estimator_tests import Cell, Standing
from evidence.riskmodel.figures import MarketFigures, RiskModelReport
from evidence.riskmodel.model_tests import TESTS
from ops.tables.grid import boxed, open_console
from ops.tables.plain import DASH

_RULE = (
    "The rule, written down before any result: one point for each test that is passed at 5 %, over all "
    "symbols, confidences and horizons; ties go to the lower joint loss of VaR and ES. In each "
    "cell: is the rate of exceedances right (Kupiec), are they independent (Christoffersen), is ES large "
    "enough (Acerbi-Szekely Z2). fhs_garch is measured too, but a fit has no place on the gate's path.\n"
)
_LEGEND = (
    "Due, found: exceedances. Rate, indep., both: p-values of Kupiec, of Christoffersen's independence "
    "and of his conditional coverage. Z1, Z2: 0 is right, below 0 ES was too small; p of Z2, by "
    "simulation. Light: Basel's. Fails: R the rate, C clusters, S severity (Z2). A day is forecast at "
    "00:00 UTC as the gate measures it then, and days do not overlap.\n"
)
_MARKETS_LEGEND = (
    "Days: from a peak until it was reached again, or the end. CDaR: mean of the worst 5 % of all "
    "drawdowns. Tails: 95 % over 5 % quantile. Stressed: of the worst window, which ended on that day.\n"
)


def show_riskmodel(report: RiskModelReport, *, as_json: bool) -> None:
    """Print the report on stdout: tables, or only JSON with `as_json`."""
    sys.stdout.write(report.model_dump_json() + "\n" if as_json else riskmodel_text(report, width_of(sys.stdout)))


def riskmodel_text(report: RiskModelReport, width: int = 100) -> str:
    """Return the printed text: plain, at most `width` columns wide."""
    text = io.StringIO()
    console = open_console(text, width=width)
    console.print(f"{_first(report)}\n\n{_RULE}")
    if any((cell.horizon, cell.method) == ("day", report.in_use) for cell in report.cells):
        console.print(_gate(report))
    console.print(_ranking(report.ranking))
    for horizon in dict.fromkeys(cell.horizon for cell in report.cells):
        for confidence in report.confidences:
            cells = [cell for cell in report.cells if (cell.horizon, cell.confidence) == (horizon, confidence)]
            console.print(_cells(horizon, confidence, cells))
    console.print(_LEGEND)
    console.print(_markets(report.markets, max(report.confidences)))
    console.print(_MARKETS_LEGEND)
    if report.carried:
        console.print(_carried(report))
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _first(report: RiskModelReport) -> str:
    best = next(standing for standing in report.ranking if standing.method != "fhs_garch")
    place = next(number for number, found in enumerate(report.ranking, 1) if found.method == report.in_use)
    bars = f"one {report.timeframe} bar ahead from {report.window} bars;\n" if report.bars_tested else "\n"
    return (
        f"{', '.join(market.symbol for market in report.markets)}: out of sample, {bars}"
        f"one day ahead from {report.day_window_bars:,} bars in steps of {report.step_bars} (var_horizon: {report.day_rule}). "
        f"GARCH refitted every {report.refit} bars.\n"
        f"Of the estimators that the gate can use, {best.method} passes best, {best.passed} of {best.made} tests.\n"
        f"In use: {report.in_use}, place {place}."
    )


def _ranking(standings: Iterable[Standing]) -> Table:
    table = _table(
        "Ranking",
        ("", "<Estimator", "passed", "of", "bar", "day", "joint loss", "quantile loss, bps"),
        ("quantile loss, bps",),
    )
    for place, found in enumerate(standings, 1):
        joint = DASH if found.joint_loss is None else f"{found.joint_loss:.4f}"
        days = found.passed_day
        table.add_row(
            str(place), found.method, str(found.passed), str(found.made), str(found.passed_bar), str(days),
            joint, f"{found.quantile_loss * 1e4:.3f}",
        )  # fmt: skip
    return table


def _gate(report: RiskModelReport) -> Table:
    """The estimator in use over one day: exceedances found and due, and the tests of each market; all markets last."""
    names = ("<", "<Confidence", "days", "due", "found", "over due", "rate", "indep.", "both", "p of Z2", "<fails")
    table = _table(f"One day, as the gate measures it: {report.in_use}", names)
    days = [cell for cell in report.cells if (cell.horizon, cell.method) == ("day", report.in_use)]
    for confidence in dict.fromkeys(cell.confidence for cell in days):
        cells = [cell for cell in days if cell.confidence == confidence]
        for cell in cells:
            table.add_row(
                cell.symbol, f"{confidence:.4g}", f"{cell.bars:,}", *_share(cell.expected, cell.exceeded),
                *(_p(value) for value in (cell.kupiec_p, cell.independence_p, cell.coverage_p)),
                DASH if cell.z2_p is None else _p(cell.z2_p), _fails(cell),
            )  # fmt: skip
        due, found = sum(cell.expected for cell in cells), sum(cell.exceeded for cell in cells)
        number = sum(cell.bars for cell in cells)
        table.add_row("all", f"{confidence:.4g}", f"{number:,}", *_share(due, found), *[""] * 5)
        table.add_section()
    return table


def _share(due: float, found: int) -> tuple[str, str, str]:
    return f"{due:.1f}", f"{found:,}", f"{found / due:.2f}"


def _fails(cell: Cell) -> str:
    return " ".join(name[0].upper() if name in cell.failed else "·" for name in TESTS)


def _cells(horizon: str, confidence: float, cells: Iterable[Cell]) -> Table:
    names = (
        "<", "<Estimator", "due", "found", "rate", "indep.", "both", "Z1", "Z2", "p", "<light", "<fails"
    )  # fmt: skip
    what = "one day, as the gate measures it" if horizon == "day" else f"one bar of {horizon}"
    table = _table(f"VaR and ES of {what}, {confidence:.4g}", names, ("Z1", "both", "p", "indep."))
    last = ""
    for cell in cells:
        if last not in ("", cell.symbol):
            table.add_section()
        p_values = (_p(value) for value in (cell.kupiec_p, cell.independence_p, cell.coverage_p))
        severity = (DASH if value is None else f"{value:+.2f}" for value in (cell.z1, cell.z2))
        table.add_row(
            cell.symbol if cell.symbol != last else "", cell.method, f"{cell.expected:.1f}", f"{cell.exceeded:,}",
            *p_values, *severity, DASH if cell.z2_p is None else _p(cell.z2_p), cell.light, _fails(cell),
        )  # fmt: skip
        last = cell.symbol
    return table


def _markets(markets: Iterable[MarketFigures], confidence: float) -> Table:
    stressed = f"{confidence:.4g}"
    names = (
        "<", "volatility", "deepest", "days", "CDaR", "Ulcer", "Omega", "tails", "VaR", "ES", "<until",
    )  # fmt: skip
    title = f"The tested bars: drawdowns, and stressed one-bar VaR and ES at {stressed}"
    table = _table(title, names, ("Omega", "tails", "Ulcer", "until"))
    for found in markets:
        ratios = (DASH if value is None else f"{value:.3f}" for value in (found.omega, found.tail_ratio))
        table.add_row(
            found.symbol, f"{found.volatility:.1%}", f"{found.max_drawdown:.1%}", f"{found.longest_drawdown_days:,.0f}",
            f"{found.conditional_drawdown:.1%}", f"{found.ulcer:.1%}", *ratios,
            f"{found.stressed_var:.2%}", f"{found.stressed_es:.2%}", f"{found.stressed_until_utc:%Y-%m-%d}",
        )  # fmt: skip
    return table


def _carried(report: RiskModelReport) -> Table:
    title = f"Equal parts of each: who carries the one-bar risk at {max(report.confidences):.4g}"
    table = _table(title, ("<", "VaR, historical", "ES", "VaR, Gaussian", "ES"))
    rows = [(c.symbol, c.historical_var, c.historical_es, c.gaussian_var, c.gaussian_es) for c in report.carried]
    for symbol, *parts in rows:
        table.add_row(symbol, *(f"{part:.3%}" for part in parts))
    table.add_section()
    table.add_row("together", *(f"{sum(column):.3%}" for column in list(zip(*rows, strict=True))[1:]))
    return table


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.0005 else "<.001"


def _table(title: str, columns: Iterable[str], yields: Sequence[str] = ()) -> Table:
    """Numbers, but for columns whose name begins with <."""
    marked = (name if name.startswith("<") else f">{name}" for name in columns)
    return boxed(title, marked, dense=True, yields=yields)
