"""Tables of the attribution: how each role changed the rulings and what that was worth. For the console and the
report.
"""

import sys

from rich.table import Table

from evidence.rulings.worth import Attribution
from evidence.statistics.totals import Interval
from ops.tables.grid import boxed, open_console
from ops.tables.plain import DASH, count


def show_attribution(found: Attribution, *, as_json: bool) -> None:
    """Print the attribution on stdout: tables, or only JSON with `as_json`."""
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
        return
    console = open_console(sys.stdout)
    console.print(attribution_table(found))
    console.print(worth_table(found))
    if has_sides(found):
        console.print(sides_table(found))
    trades = "trades" if has_sides(found) else "purchases"
    console.print(
        "Changed: the ruling differs from the one with that role neutral. Worth: the result of the difference in size, for "
        f"{trades} that end at the stop, the target or after {count(found.horizon_bars, 'bar')}; bps: per unit of notional.\n"
    )
    console.print(disagreement_table(found))
    alpha = DASH if found.alpha is None else f"{found.alpha:.2f}"
    console.print(f"Krippendorff's alpha of their beliefs (interval data): {alpha}.")


def has_sides(found: Attribution) -> bool:
    """Whether purchases and short sales were both settled."""
    return any(role.quote_short is not None for role in found.roles)


def attribution_table(found: Attribution) -> Table:
    """One line a role: how often it changed the ruling."""
    title = f"{', '.join(found.runs)}: what each role changed in {count(found.hearings, 'hearing')}"
    columns = ("<Role", ">recomputed", ">changed", ">share", ">lowered", ">raised")
    table = boxed(title, columns, yields=("recomputed",))
    for role in found.roles:
        share = f"{role.changed / role.heard:.0%}" if role.heard else DASH
        table.add_row(role.role, f"{role.heard:,}", f"{role.changed:,}", share, f"{role.lowered:,}", f"{role.raised:,}")
    return table


def worth_table(found: Attribution) -> Table:
    """One line a role: what its changes were worth on the tape that followed."""
    columns = ("<Role", ">settled", f">{found.quote}", ">95 %", ">bps a case", ">bps 95 %")
    title = "Worth of the changes (95 % intervals by circular block bootstrap)"
    table = boxed(title, columns, yields=("settled", "bps 95 %", "bps a case"))
    for role in found.roles:
        table.add_row(role.role, f"{role.settled:,}", *_interval(role.quote, 2), *_interval(role.bps, 1))
    return table


def sides_table(found: Attribution) -> Table:
    """One line a role: what its changes of purchases and of short sales were worth, which is the worth of all in two parts."""
    title = f"Of that, long and short [{found.quote}]"
    table = boxed(title, ("<Role", ">long", ">long 95 %", ">short", ">short 95 %"))
    for role in found.roles:
        table.add_row(role.role, *_interval(role.quote_long, 2), *_interval(role.quote_short, 2))
    return table


def disagreement_table(found: Attribution) -> Table:
    """One line a pair: how often one was for the purchase and the other against it."""
    table = boxed("Pairs with opposite opinions", ("<Pair", ">both spoke", ">opposed", ">share"))
    for pair in found.pairs:
        row = (f"{pair.both:,}", f"{pair.opposed:,}", f"{pair.opposed / pair.both:.0%}")
        table.add_row(f"{pair.one}, {pair.other}", *row)
    return table


def _interval(found: Interval | None, digits: int) -> tuple[str, str]:
    if found is None:
        return DASH, DASH
    value, low, high = (f"{number:+,.{digits}f}" for number in (found.value, found.low, found.high))
    return value, f"{low} to {high}"
