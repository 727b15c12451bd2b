"""What `tribunal run --resume RUN` runs: the run's own options, and what was typed beside them.

The options come from `request.json` in the run's folder; without it, the settings come from the journal, and only files have to
be named. What was typed wins over both. Data that has moved can be named again: with --data, all files of bars are those that
were typed. It decides nothing: the session is compared with the journal event by event, and an option that contradicts it is
refused with the difference.
"""

import sys
from pathlib import Path

from agents.desk.kept import KeptFiles, kept_request
from agents.desk.request import BarsRequest, RunRequest, WorldRequest
from agents.desk.world import World, world_of
from agents.records.events import holds, read_events
from agents.records.folder import journal_of
from agents.records.reading import refuse_other_key
from agents.records.record import Session
from agents.records.steered import Reloaded, Reseated, Steered
from config.errors import JournalFault, UsageFault
from config.files import behind_links
from config.secrets import load_secrets, state_dir
from execution.journal.rescue import take_in


def resumed(typed: RunRequest, profile: str | None, key: bytes) -> tuple[RunRequest, World]:
    """The request and the world of a run that goes on. `profile` is None if none was typed.

    Raises JournalFault for a folder that is no run, UsageFault for recorded bars whose files are unknown, and for another --out.
    """
    folder = Path(str(typed.resume))
    if typed.out is not None and behind_links(Path(typed.out)) != behind_links(folder):
        raise UsageFault(
            f"--resume goes on in {folder}, and --out names another folder. Nothing was started. Leave one of them out."
        )
    refuse_other_key(journal_of(folder), key)
    kept = kept_request(folder)
    if kept is not None:
        world = _beside(kept.world, typed.world, profile)
        files = {"calibration": typed.calibration or kept.calibration, "record": typed.record or kept.record}
        request = typed.model_copy(update={"world": world, "command": kept.command, **files})
        return request, as_begun(folder, key, world_of(world))
    if profile is not None or _says_more(typed.world):
        return typed, as_begun(folder, key, world_of(typed.world))
    return typed, as_begun(folder, key, _of_journal(folder, typed, key))


def take_in_rescued(folder: Path, key: bytes) -> None:
    """Append what a session on the clock kept elsewhere when its journal could not be written, and say so. Raises JournalFault,
    OutputFault."""
    count = take_in(journal_of(folder), key, state_dir(load_secrets()))
    if count:
        sys.stderr.write(
            f"{count} events that the journal of {folder} could not hold were taken in from the rescue file.\n"
        )


def as_begun(folder: Path, key: bytes, world: World) -> World:
    """The world of a session that has taken over a changed profile: its limits, strategies, models and sources as it began, and
    the models that answer now. What it has taken over since then stands in its journal."""
    journal, began, taken = journal_of(folder), None, list[tuple[Reloaded, str]]()
    for found in read_events(journal, key) if holds(journal, Steered) else ():
        if isinstance(found.event, Session):
            began = found.event.settings
        elif isinstance(found.event, Steered) and found.event.profile is not None:
            taken.append((found.event.profile, found.event.word.word_id))
    if began is None or not taken:
        return world
    settings, files = world.settings, KeptFiles(folder)
    changed = {
        "limits": began.limits,
        "strategies": began.strategies,
        "minds": Reseated.of(began.minds).within(settings.minds),
        "sentiment": settings.sentiment.model_copy(update={"sources": began.sentiment.sources}),
    }
    begun = files.whole(settings.model_copy(update=changed))
    seats = [(profile.seats, word_id) for profile, word_id in taken if profile.seats is not None]
    if not seats:
        return world.model_copy(update={"settings": begun})
    latest, word_id = seats[-1]
    now = files.whole(begun.model_copy(update={"minds": latest.within(begun.minds)}), word_id)
    return world.model_copy(update={"settings": begun, "seats": Reseated.of(now.minds)})


def _beside(kept: WorldRequest, typed: WorldRequest, profile: str | None) -> WorldRequest:
    """The kept world, with what was typed."""
    said = {
        name: value
        for name in ("news", "timeframe", "days", "scenario", "feed", "seed", "mind", "model", "approve")
        if (value := getattr(typed, name)) is not None
    }
    nothing = BarsRequest()
    bars = {
        name: value
        for name in BarsRequest.model_fields
        if (value := getattr(typed.bars, name)) and value != getattr(nothing, name)
    }
    if typed.bars.data:
        bars |= {name: getattr(typed.bars, name) for name in ("detail", "marks", "funding", "facts")}
    overrides = kept.overrides | typed.overrides
    return kept.model_copy(
        update={
            **said,
            "profile": profile or kept.profile,
            "overrides": overrides,
            "bars": kept.bars.model_copy(update=bars),
        }
    )


def _says_more(typed: WorldRequest) -> bool:
    """Whether more than files and a window was typed: then the command line tells the whole world."""
    return typed.model_copy(update={"profile": "", "bars": BarsRequest()}) != WorldRequest(profile="")


def _of_journal(folder: Path, typed: RunRequest, key: bytes) -> World:
    """The world that the journal tells, with the files that were typed."""
    first = next(read_events(journal_of(folder), key), None)
    if first is None or not isinstance(first.event, Session):
        raise JournalFault(f"{journal_of(folder)} does not begin with a session, so there is nothing to resume.")
    session, bars = first.event, typed.world.bars
    if session.settings.world != "recorded":
        return World(settings=session.settings, bars=bars)
    if not bars.data:
        raise UsageFault(
            f"{folder} holds no request.json, and a journal names no file: its bars were {session.source}. Nothing was started. "
            "Give their files with --data, and those of --detail, --marks, --funding, --facts, --news, --calibration, --record, "
            "--memory, if there were any."
        )
    window = {
        "symbols": bars.symbols or session.symbols,
        "start_utc": bars.start_utc or session.start_utc,
        "end_utc": bars.end_utc or session.end_utc,
    }
    return World(settings=session.settings, bars=bars.model_copy(update=window))
