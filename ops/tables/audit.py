"""Tables of the audit: whether rulings follow the evidence."""

import sys

from rich.table import Table

from evidence.rulings.flips import Audit, BlindTally, FlipTally
from ops.tables.grid import boxed, open_console
from ops.tables.plain import DASH, count


def show_audit(found: Audit, *, as_json: bool) -> None:
    """Print the audit on stdout: tables, or only JSON with `as_json`."""
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
        return
    console = open_console(sys.stdout)
    left_out = f"; {found.not_asked:,} of other minds are left out" if found.not_asked else ""
    console.print(
        f"{found.run}: {count(found.sampled, 'case')} of {found.hearings:,} heard again by the mind {found.mind}{left_out}."
    )
    console.print(_flips(found))
    console.print(
        f"Follows: the scale falls when evidence for the {_trade(found)} is turned against it, and rises the other way round; of "
        "those that had room to move.\n"
    )
    console.print(_blinded(found))


def _has_sides(found: Audit) -> bool:
    return any(row.side is not None for row in found.flips) or any(row.side is not None for row in found.blinded)


def _trade(found: Audit) -> str:
    return "trade" if _has_sides(found) else "purchase"


def _window(row: FlipTally | BlindTally) -> str:
    """The window of a row, and its side where there are two."""
    return row.window if row.side is None else f"{row.window}, {row.side}"


def _flips(found: Audit) -> Table:
    numbers = (">cases", ">analyst turned", ">followed", ">stood", ">against", ">no room", ">follows")
    names = ("<Turned round", "<window, side" if _has_sides(found) else "<window", *numbers)
    table = boxed("Mirrored evidence", names, yields=("no room", "analyst turned", "stood", "against"))
    for row in found.flips:
        turned = f"{row.turned / row.cases:.0%}" if row.cases else DASH
        counts = (f"{number:,}" for number in (row.followed, row.stood, row.against, row.no_room))
        rate = DASH if row.follow_rate is None else f"{row.follow_rate:.0%}"
        table.add_row(row.what, _window(row), f"{row.cases:,}", turned, *counts, rate)
    return table


def _blinded(found: Audit) -> Table:
    table = boxed(
        "Named and blinded cases",
        (f"<Window{', side' * _has_sides(found)}", ">cases", ">ruled alike", ">mean change of scale"),
    )
    for row in found.blinded:
        alike = f"{row.same:,} ({row.same / row.cases:.0%})" if row.cases else DASH
        table.add_row(_window(row), f"{row.cases:,}", alike, f"{row.mean_change:.3f}" if row.cases else DASH)
    return table
