"""A run beside its backtest, for a person or a script to read."""

import sys

from ops.beside.figures import LEAST_PAIRS, Beside, Count, Figure
from ops.tables.grid import Sheet, boxed, open_console, wrapped


def show_beside(found: Beside, *, as_json: bool) -> None:
    """Print the comparison."""
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
        return
    console = open_console(sys.stdout)
    console.print(figures_table(found))
    for sentence in sentences(found):
        for line in wrapped(sentence, console.width):
            sys.stdout.write(line + "\n")


def figures_table(found: Beside) -> Sheet:
    """Each measure in both runs, and its difference."""
    where = "then" if found.exchange is None else f"at {found.exchange}"
    title = f"{found.run}: {found.bars:,} bars, traded {where} and again on the simulated exchange"
    columns = ("Mean", ">pairs", ">run", ">backtest", ">difference", ">95 % interval")
    table = boxed(title, columns, dense=True)
    for figure in found.figures:
        table.add_row(*_row(figure))
    return table


def sentences(found: Beside) -> tuple[str, ...]:
    """What the table does not say."""
    (run, backtest), (paid, charged), (end, other) = found.fills, found.fees, found.equity
    few = [figure.pairs for figure in found.figures if figure.pairs < LEAST_PAIRS]
    none = (f"Fewer than {LEAST_PAIRS} pairs have no interval.",) if few else ()
    return (
        "A difference is the run less the backtest; a positive slippage is a cost.",
        *(_counted(count) for count in found.counts),
        f"Fills: {run:,} in the run, {backtest:,} in the backtest. Fees: {paid:,.2f} and {charged:,.2f} {found.quote}.",
        f"Equity at the end: {end:,.2f} and {other:,.2f} {found.quote}.",
        *none,
    )


def _counted(count: Count) -> str:
    return (
        f"Of {count.what}, {count.both:,} are in both, {len(count.run_alone):,} in the run alone and "
        f"{len(count.backtest_alone):,} in the backtest alone."
    )


def _row(figure: Figure) -> tuple[str, ...]:
    interval = "–" if figure.low is None or figure.high is None else f"{_number(figure.low)} to {_number(figure.high)}"
    values = (figure.run, figure.backtest, figure.difference)
    return (
        f"{figure.name}, {figure.unit}",
        f"{figure.pairs:,}",
        *("–" if value is None else _number(value) for value in values),
        interval,
    )


def _number(value: float) -> str:
    text = f"{value:,.2f}"
    return "0.00" if text == "-0.00" else text
