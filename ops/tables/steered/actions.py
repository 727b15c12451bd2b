"""The table of what operators have asked of a session: when, who, on which surface, what, why, and what became of it."""

from collections.abc import Sequence

from ops.story.parts.steered import Action
from ops.tables.grid import Sheet, boxed
from ops.tables.plain import moment

COLUMNS = ("At, UTC", "Asked", "Who", "Result", "Why")


def actions_grid(actions: Sequence[Action], of: int) -> Sheet:
    """The last actions, of so many."""
    more = f" (the last {len(actions)} of {of:,})" if len(actions) < of else ""
    table = boxed(f"Operators{more}", COLUMNS)
    for each in actions:
        asked = " ".join(filter(None, (each.word.verb.value, each.word.about)))
        table.add_row(moment(each.at_utc), asked, f"{each.word.who} ({each.word.via})", each.result, each.word.why)
    return table
