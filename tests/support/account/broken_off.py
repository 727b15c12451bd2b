"""Runs that were broken off, made of whole ones: killed after an event, or stopped between two bars."""

import asyncio
import shutil
from pathlib import Path

from agents.desk.description import describe
from agents.desk.kept import kept_request
from agents.desk.outside import outside_of
from agents.desk.paper import open_paper
from agents.desk.world import tape_of, world_of
from agents.records.folder import CHECKSUM, JOURNAL, REQUEST, new_journal, write_checksum
from agents.session import run_session
from config.secrets import journal_key
from execution.journal.chain import Journal, shorten
from execution.journal.moving import move


def killed(whole: Path, folder: Path, events: int, url: str | None = None) -> Path:
    """A copy of a run that was killed after so many events. `url`: the database of its journal."""
    folder.mkdir()
    for name in (JOURNAL, REQUEST):
        shutil.copyfile(whole / name, folder / name)
    shorten(folder / JOURNAL, journal_key(), events)
    assert not (folder / CHECKSUM).exists()
    if url is not None:
        move(folder / JOURNAL, journal_key(), url, has_ended=False)
    return folder


def stopped(whole: Path, folder: Path, bars: int, url: str | None = None) -> Path:
    """The same run, stopped by a signal after so many bars, with its ending."""
    folder.mkdir()
    shutil.copyfile(whole / REQUEST, folder / REQUEST)
    kept = kept_request(whole)
    assert kept is not None
    world, key, left = world_of(kept.world), journal_key(), iter(range(bars))
    tape = tape_of(world)
    session, journal = describe(world.settings, tape, key), Journal(new_journal(folder, url), key, 64, url)
    outside = outside_of(world.settings, None, journal)

    async def trade() -> None:
        desk = open_paper(world.settings, session, tape, journal, key, outside)
        await run_session(desk, lambda: next(left, None) is None, lambda record: None)

    asyncio.run(trade())
    journal.close()
    write_checksum(folder)
    return folder
