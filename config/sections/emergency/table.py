"""Every trigger of the emergency stop, declared once. The settings, the watch and the table in docs/execution.md follow from
it."""

from enum import StrEnum
from typing import NamedTuple


class Action(StrEnum):
    """What a trigger does; each does what the one before does, too."""

    CLOSE_ONLY = "close_only"
    """No new risk."""
    CANCEL = "cancel"
    """Entries under way are withdrawn."""
    FLATTEN = "flatten"
    """All positions are sold at market."""


class Trigger(NamedTuple):
    """One trigger."""

    name: str
    measures: str
    """What its figure is, in words."""
    unit: str
    needs_human: bool = False
    """Whether it stays down until `tribunal unhalt`. The others lift themselves when it is over, unless they have sold."""
    needs_venue: bool = False
    """Whether only an exchange that takes orders has the figure."""


TRIGGERS: tuple[Trigger, ...] = (
    Trigger(
        "venue_unreachable", "time since the exchange last answered all that was asked about orders", "s", needs_venue=True
    ),
    Trigger(
        "error_rate", "part of the questions to the exchange in the last minute that failed, of 20 at least", "fraction",
        needs_venue=True,
    ),
    Trigger("feeds_stale", "time by which the next closed bar is overdue", "s"),
    Trigger(
        "flash_crash", "fall of any market below its highest price in five minutes, or in one bar if that is longer", "fraction",
        needs_human=True,
    ),
    Trigger("journal_lost", "time since the journal could be written last", "s"),
    Trigger(
        "order_rate", "orders or proposals of the last hour, as a multiple of their own median of an hour, which counts as three "
        "a market at least", "multiple", needs_human=True,
    ),
)  # fmt: skip


def table() -> str:
    """The table of docs/execution.md, in Markdown."""
    head = ("trigger", "its figure", "lifted", "at a feed without orders")
    rows = [
        (
            f"`{row.name}`",
            f"{row.measures} [{row.unit}]",
            "by `tribunal unhalt`" if row.needs_human else "by itself, unless it has sold",
            "not there" if row.needs_venue else "the same",
        )
        for row in TRIGGERS
    ]
    lines = [" | ".join(cells) for cells in (head, ("---",) * len(head), *rows)]
    return "\n".join(f"| {line} |" for line in lines)
