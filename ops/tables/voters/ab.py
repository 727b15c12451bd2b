"""Two variants on one tape, as tables: what differs, the figures of each, and B less A with paired intervals."""

import sys

from evidence.statistics.bootstrap import Difference
from evidence.statistics.key_figures import Measure
from evidence.strategies.paired import SHOWN, Changed, Paired
from ops.tables.grid import Grid, open_console
from ops.tables.plain import DASH, money, percent, ratio, signed_percent

_MOST_CHANGED = 20
_WORDS = {
    Measure.MEAN_RETURN: ("Return of a day, mean", "{:+.4%}"),
    Measure.CAGR: ("Growth a year", "{:+.2%}"),
    Measure.SHARPE: ("Sharpe", "{:+.2f}"),
    Measure.SORTINO: ("Sortino", "{:+.2f}"),
    Measure.MAX_DRAWDOWN: ("Max. drawdown", "{:+.2%}"),
}
_NOTE = (
    "Intervals: stationary block bootstrap of daily returns, both variants resampled by the same blocks. * does not contain 0. "
    "Max. drawdown: positive; a negative difference is a smaller drawdown of B."
)


def show_ab(found: Paired, *, as_json: bool) -> None:
    """Print the comparison on stdout: tables, or only JSON with `as_json`."""
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
        return
    console = open_console(sys.stdout)
    console.print(_said(found))
    for grid in grids(found):
        console.print(grid.table())
    console.print(_NOTE)
    console.print(verdict(found))


def ab_markdown(found: Paired) -> str:
    """Return the comparison as Markdown."""
    tables = (grid.markdown() for grid in grids(found))
    return "\n".join([_said(found) + "\n", *tables, _NOTE + "\n", verdict(found) + "\n"])


def grids(found: Paired) -> tuple[Grid, ...]:
    """Return what differs, the figures of both variants, and their difference."""
    changed = tuple(map(_changed, found.changed[:_MOST_CHANGED]))
    more = f" (the first {_MOST_CHANGED} of {len(found.changed)})" if len(found.changed) > _MOST_CHANGED else ""
    return (
        Grid(f"What differs{more}", ("Setting", "A", "B"), changed, left=3, prose=(1, 2)),
        Grid("Both variants", ("", *(f"{side.name}: {side.profile}" for side in found.sides)), _figures(found)),
        Grid(
            "B less A, with paired 95 % intervals",
            ("Measure of daily returns", "A", "B", "B less A", "95 % interval"),
            tuple(_apart(found.of(measure)) for measure in SHOWN),
        ),
    )


def verdict(found: Paired) -> str:
    """Return in one sentence whether the daily returns differ."""
    apart = found.of(Measure.MEAN_RETURN)
    if apart.value is None or apart.low is None or apart.high is None:
        return "Verdict: the difference of the daily returns has no interval."
    if not apart.value and not apart.low and not apart.high:
        return "Verdict: both variants have the same return on every day."
    interval = f"{apart.value:+.4%} a day, 95 % interval {apart.low:+.4%} to {apart.high:+.4%}"
    if not apart.is_clear:
        return f"Verdict: A and B cannot be told apart on these {found.days:,} days: B less A is {interval}."
    better = "B" if apart.value > 0 else "A"
    return f"Verdict: {better} earned more on these {found.days:,} days: B less A is {interval}."


def _said(found: Paired) -> str:
    return (
        f"{', '.join(found.symbols)}: {found.bars:,} bars ({found.years:.1f} years, {found.days:,} days) of {found.label}. Equal "
        f"parts bought at the start and held: {signed_percent(found.market_growth)}."
    )


def _changed(each: Changed) -> tuple[str, str, str]:
    return each.key, _plain(each.a), _plain(each.b)


def _plain(value: object) -> str:
    return DASH if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _figures(found: Paired) -> tuple[tuple[str, ...], ...]:
    a, b = found.sides
    rows = (
        ("Growth", signed_percent(a.growth), signed_percent(b.growth)),
        ("Sharpe", ratio(a.sharpe), ratio(b.sharpe)),
        ("Max. drawdown", percent(a.max_drawdown), percent(b.max_drawdown)),
        ("Deployed on average", percent(a.deployed), percent(b.deployed)),
        ("Cases heard", f"{a.hearings:,}", f"{b.hearings:,}"),
        ("Orders signed", f"{a.signed:,}", f"{b.signed:,}"),
        ("Trades closed", f"{a.trades:,}", f"{b.trades:,}"),
        ("Fees", money(a.fees), money(b.fees)),
    )
    paid = ("Models, USD", f"{a.models_usd:.4f}", f"{b.models_usd:.4f}")
    return (*rows, paid) if a.models_usd or b.models_usd else rows


def _apart(each: Difference) -> tuple[str, ...]:
    words, form = _WORDS[each.measure]
    a, b, value = (DASH if number is None else form.format(number) for number in (each.second, each.first, each.value))
    if each.low is None or each.high is None:
        return words, a, b, value, DASH
    star = " *" if each.is_clear else ""
    return words, a, b, value, f"{form.format(each.low)} to {form.format(each.high)}{star}"
