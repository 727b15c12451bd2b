"""Counts the closed trades and the trials of the kill switch in journals, after each has verified against the chain.

Only bars of a real market count: `--feed` paper, and test networks. Simulated and recorded bars never do; nor does real money
itself, which its ramp judges. A trade counts for each voter that wanted its first purchase, and once: a run that was copied, or
that was traded twice side by side, proves nothing more.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from agents.desk.clocked.opened import by_exchange
from agents.records.folder import journal_of
from agents.records.reading import refuse_other_key
from agents.records.record import Session
from config.errors import JournalFault
from ops.paper.record import Drill, PaperRecord, PaperTrade
from ops.story.story import Story, read_story

_OF_SWITCH = re.compile(r"-halt\d+$")
"""How decisions of the kill switch end."""


class Counted(NamedTuple):
    """The record of some journals, and why each of the others does not count, by the name of its folder."""

    record: PaperRecord
    left_out: dict[str, str]


def count_runs(folders: Iterable[Path], key: bytes, now: datetime) -> Counted:
    """Count these runs. Raises nothing for one that cannot be counted: it is left out, with the reason."""
    trades: dict[tuple[str, ...], PaperTrade] = {}
    drills: dict[tuple[datetime, str], Drill] = {}
    counted, left_out = list[str](), dict[str, str]()
    for folder in folders:
        name = folder.resolve().name
        try:
            refuse_other_key(journal_of(folder), key)
            story = read_story(folder, key)
        except JournalFault as fault:
            left_out[name] = str(fault)
            continue
        found = drills_of(story)
        drills |= {(drill.at_utc, drill.exchange): drill for drill in found}
        if (why := why_not_counted(story.session)) is not None:
            left_out[name] = why
            continue
        counted.append(name)
        for trade in trades_of(story):
            place = (trade.sha256, trade.symbol, trade.entry_utc.isoformat(), trade.exit_utc.isoformat())
            trades.setdefault(place, trade)
    record = PaperRecord(
        made_utc=now, runs=tuple(counted), trades=tuple(trades.values()), drills=tuple(drills.values())
    )
    return Counted(record, left_out)


def why_not_counted(session: Session) -> str | None:
    """Why the trades of a run are no paper record, in words; None if they are."""
    world = session.settings.world
    if world not in ("feed", "testnet"):
        bars = {"simulated": "simulated bars", "recorded": "recorded bars"}.get(world, "real money")
        return f"it traded {bars}; only paper on a --feed and test networks count"
    if session.settings.venue.kind == "ib":
        return "it traded sessions at a broker of shares, and real money is traded at exchanges of coins alone"
    if not session.voters:
        return "it is of an earlier version, which did not say which voters exactly it had"
    return None


def trades_of(story: Story) -> tuple[PaperTrade, ...]:
    """The closed trades of a run, once for each voter that wanted the first purchase."""
    session = story.session
    wanted = {case.decision_id: case.strategies for case in story.cases.heard}
    return tuple(
        PaperTrade(
            sha256=session.voters[voter],
            voter=voter,
            symbol=trip.trade.symbol,
            entry_utc=trip.trade.entry_utc,
            exit_utc=trip.trade.exit_utc,
            result=trip.trade.return_on_cost,
            elsewhere=elsewhere_of(session),
        )
        for trip in story.trades
        for voter in wanted.get(trip.decision_id, ())
        if voter in session.voters
    )


def drills_of(story: Story) -> tuple[Drill, ...]:
    """Where the kill switch sold what a session held at an exchange, until the exchange's fills said that nothing was left."""
    session = story.session
    if session.account is None:
        return ()
    found, begun = list[Drill](), None
    for halt in story.halts:
        if halt.action == "halted" and any(each.flatten for each in halt.halts):
            begun = begun or halt.as_of_utc
        elif halt.action == "flat" and begun is not None:
            sales = [
                fill
                for fill in story.fills
                if fill.side == "sell" and _OF_SWITCH.search(fill.decision_id) and fill.filled_utc >= begun
            ]
            for name, own in by_exchange(session.settings).items():
                sold = tuple(sorted({fill.symbol for fill in sales if fill.account == name}))
                if sold:
                    where = own.venue.url or session.feed_url
                    drill = Drill(
                        exchange=own.venue.exchange, elsewhere=where, at_utc=halt.as_of_utc, run=story.run, sold=sold
                    )  # fmt: skip
                    found.append(drill)
            begun = None
        elif halt.action == "resumed":
            begun = None
    return tuple(found)


def elsewhere_of(session: Session) -> str | None:
    """Another address than the exchange's own that told the bars or took the orders of a session, at any of its exchanges; None
    for their own."""
    urls = (own.venue.url for own in by_exchange(session.settings).values())
    return next((url for url in urls if url is not None), session.feed_url)
