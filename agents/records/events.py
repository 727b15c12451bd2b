"""Every kind of event that a journal may hold, in one table, and the only reader of events.

Every later version reads an event that was written once. No other module decodes an event or knows how a kind is spelt: readers
match on classes.

To change an event, or a rule that changes its text: change its class, raise its `event_version`, add an upcaster to its row in
this table, raise the version in `pyproject.toml`, and run `python -m agents.records.wire tests/journals/wire.json` and
`python -m agents.records.page > docs/journal.md`. The upcaster states the values that the older version implied. It never uses a
default of today, because defaults change.
"""

import json
from collections.abc import Generator
from pathlib import Path

from agents.approval.petition import Approval
from agents.llm.attempt import Attempt
from agents.outages.alert import Alert
from agents.records.account import AccountLeft
from agents.records.inputs import Arrived, Beat, RaiseAsked, Ruled, StopAsked
from agents.records.older import (
    session_before_settings_of_3,
    session_before_settings_of_4,
    session_before_settings_of_5,
    session_before_settings_of_6,
    session_before_settings_of_7,
    session_before_settings_of_8,
    session_without_policies,
    with_no_new_word,
    with_nothing_new,
)
from agents.records.record import (
    AskedAhead,
    CycleRecord,
    Prompts,
    RulingArrived,
    RulingReserved,
    Session,
    SessionEnd,
    ShareReview,
    Warmup,
)
from agents.records.registry import OLDEST, Kind, Recorded, Registry, Tree
from agents.records.steered import SteerDone, Steered
from agents.shadow.heard import ShadowHeard
from config.errors import JournalFault
from config.frozen import Journaled
from config.version import version, version_order
from execution.account.agreement import AccountDrift
from execution.account.close_only import MarketClosed
from execution.account.routing.routed import Routed
from execution.journal.chain import NOTHING, Head, first_row, read_rows, written_kinds
from execution.journal.rows import Row
from execution.kill_switch.halting import HaltEvent
from execution.reports import DustSwept, SentOrder, VenueWord
from risk.breakers import BreakerEvent
from risk.ramp import RampMoved
from rl.serving.monitor import PolicyChanged

EVENTS = Registry(
    Kind(
        Session,
        "once, first",
        (
            session_without_policies,
            session_before_settings_of_3,
            session_before_settings_of_4,
            session_before_settings_of_5,
            session_before_settings_of_6,
            session_before_settings_of_7,
            session_before_settings_of_8,
            with_nothing_new,
        ),
    ),
    Kind(Warmup, "once, second", (with_nothing_new,)),
    Kind(Prompts, "once, third, if models sit in the court", (with_nothing_new,)),
    Kind(
        Arrived,
        "on a live feed: when the bars of a close have arrived, before all other events of that bar",
        (with_nothing_new,),
    ),
    Kind(
        Beat,
        "on a live feed: between two bars, when the kill switch has changed, or when an entry takes its next step, before what "
        "follows from it",
        (with_nothing_new,),
    ),
    Kind(StopAsked, "on a live feed: when the user ends the session, before its ending"),
    Kind(RaiseAsked, "with real money: when a human has raised the ramp, before what follows from it"),
    Kind(
        Steered,
        "between two bars, when an operator has asked something of the session, before what follows from it",
        (with_no_new_word,),
    ),
    Kind(SteerDone, "when what an operator has asked is done, refused, or has failed"),
    Kind(Ruled, "on a live feed: between two bars, when the court has ruled beside them, before what follows from it"),
    Kind(
        Attempt,
        "for each request to a model, when the wave of its role is over; for an outlook, at the close of the bar by which it was "
        "answered",
        (with_nothing_new,),
    ),
    Kind(
        Alert,
        "at a bar close, when a person should know something at once",
        (with_no_new_word, with_no_new_word, with_no_new_word, with_no_new_word),
    ),
    Kind(
        ShadowHeard,
        "if a court hears the cases aside: before the record of the bar by which it has spoken; nothing follows from it",
    ),
    Kind(AskedAhead, "before the record of a bar, if outlooks are asked", (with_nothing_new,)),
    Kind(RulingReserved, "before the record of a bar, if its cases are heard and their ruling comes later"),
    Kind(RulingArrived, "at a bar close, when a ruling is there that was reserved, before what follows from it"),
    Kind(
        ShareReview,
        "when the policy has reviewed a position by shares, before what follows from it is sent",
        (with_nothing_new,),
    ),
    Kind(
        Routed, "in a session on several exchanges: before the intent of an entry, when one of them was chosen for it"
    ),
    Kind(
        SentOrder,
        "before an order is sent",
        (with_no_new_word, with_no_new_word, with_nothing_new, with_no_new_word, with_no_new_word),
    ),
    Kind(
        VenueWord,
        "when the venue has answered or has traded",
        (with_no_new_word, with_nothing_new, with_nothing_new, with_no_new_word, with_nothing_new),
    ),
    Kind(DustSwept, "when the rest of a position is too small for any order of a real exchange", (with_nothing_new,)),
    Kind(
        AccountDrift,
        "when a difference between the exchange's account and the ledger begins or ends",
        (with_nothing_new,),
    ),
    Kind(MarketClosed, "when a market of a real exchange becomes close-only, or takes new risk again"),
    Kind(BreakerEvent, "when a circuit breaker trips, is extended or lifts", (with_nothing_new, with_nothing_new)),
    Kind(
        HaltEvent,
        "when the session sees a change of the kill switch, and when all positions are sold because of it",
        (with_nothing_new,),
    ),
    Kind(
        Approval, "when a human, or the configured answer, has decided about a large position; before its order is sent"
    ),
    Kind(
        CycleRecord,
        "once per bar, after all other events of that bar",
        (with_nothing_new,) * 6,
    ),
    Kind(PolicyChanged, "at a bar close, when live results have fallen out of what the verdict of a policy promised"),
    Kind(RampMoved, "with real money: when the ramp was raised by a human, or has fallen"),
    Kind(AccountLeft, "at a real exchange: once, before the end of the session", (with_nothing_new,)),
    Kind(
        SessionEnd,
        "once, last; a journal without it was cut short",
        (with_nothing_new,) * 4,
    ),
)
"""The table from which everything else about kinds is derived."""


def read_events(
    path: Path, key: bytes, registry: Registry = EVENTS, after: Head = NOTHING
) -> Generator[Recorded, None, None]:  # fmt: skip
    """Yield the events of a journal after a head of it, in today's form. Each is verified against the chain first.

    Raises JournalFault at the first event that does not fit the chain or cannot be read, and for a journal of a newer version of
    Tribunal, or of a version that is too old to be read.
    """
    for row in read_rows(path, key, after):
        if row.seq == 1:
            _refuse_other_versions(head_of(row, registry), path.name)
        yield registry.read(row, path.name)


def head_of(first: Row, registry: Registry = EVENTS) -> Tree | None:
    """The fields of the event that starts a session, in the version that wrote it; None for a row of another kind."""
    name = first.kind.partition("@")[0]
    if name not in {spelling.partition("@")[0] for spelling in registry.spellings(Session)}:
        return None
    try:
        tree = json.loads(first.payload)
    except ValueError:
        return None
    return tree if isinstance(tree, dict) else None


def _refuse_other_versions(head: Tree | None, journal: str) -> None:
    """Raise JournalFault for a session that another version of Tribunal has to read."""
    if head is None:
        return
    wrote = str(head.get("version", ""))
    order, oldest, present = version_order(wrote), version_order(OLDEST), version_order(version())
    assert oldest is not None
    if order is None or order < oldest or head.get("format") != 1:
        raise JournalFault(
            f"{journal} was written by Tribunal {wrote or 'of no version'}, and journals from before {OLDEST} are not read, so "
            "it was refused: open it with the version that wrote it."
        )
    if present is not None and order > present:
        raise JournalFault(
            f"{journal} was written by Tribunal {wrote} and this is {version()}, which cannot know all that it holds, so it was "
            f"refused: open it with Tribunal {wrote} or a later one."
        )


def key_named(path: Path) -> str | None:
    """The id of the key that a journal names, not verified; None if it names none. Raises JournalFault if there is no journal."""
    head = head_of(first_row(path)) or {}
    named = head.get("key_id")
    return named if isinstance(named, str) else None


def holds(path: Path, event: type[Journaled]) -> bool:
    """Whether a journal, which is not verified, has an event of this class; False for a file that is not a journal."""
    sought = EVENTS.spellings(event)
    return any(kind in sought for kind in written_kinds(path))
