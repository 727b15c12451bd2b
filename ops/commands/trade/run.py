"""What `tribunal run` does: it opens the world, runs the session, and writes the run's folder."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Protocol

from agents.desk.description import describe
from agents.desk.models import models_of, refuse_without_keys, sits
from agents.desk.outside import latches, outside_of
from agents.desk.paper import open_paper
from agents.desk.request import RunRequest
from agents.desk.telling import AlertTeller
from agents.desk.world import tape_of, world_of
from agents.llm.attempt import Attempt
from agents.recorded.resumed import ResumingSink
from agents.records.events import holds
from agents.records.folder import JOURNAL, RunFolder, make_folder, write_checksum
from agents.records.record import Session, SessionEnd
from agents.session import run_session
from config.confirm import confirm_live
from config.ending import INTERRUPTED
from config.logging import configure
from config.secrets import journal_key, load_secrets
from config.settings import Settings
from execution.journal.chain import Journal
from execution.journal.event import Fanout, Listener
from execution.kill_switch.latch import ALL
from market.tape import Tape
from ops.commands.requests import told_more
from ops.finish import finish
from ops.halts import HaltHerald
from ops.progress import SessionProgress


class Conclude(Protocol):
    """What is done with the folder of a run that has ended."""

    def __call__(self, folder: Path, key: bytes, *, as_json: bool) -> None: ...


def run_command(arguments: argparse.Namespace) -> int:
    """Run one session and tell what came of it; returns the exit code. Raises TribunalError."""
    return run(_asked(arguments), finish)


def _asked(arguments: argparse.Namespace) -> RunRequest:
    world = told_more(arguments).model_copy(update={"days": arguments.days, "approve": arguments.approve})
    return RunRequest(
        world=world,
        calibration=arguments.calibration,
        out=arguments.out,
        resume=arguments.resume,
        confirm=arguments.confirm,
        as_json=arguments.json,
        quiet=arguments.quiet,
    )


def run(request: RunRequest, conclude: Conclude) -> int:
    """Run one session, then `conclude` its folder; returns the exit code.

    Raises TribunalError for whatever ends it before or midway.
    """
    world = world_of(request.world)
    settings = world.settings
    confirm_live(settings, sys.stdin, sys.stderr, request.confirm)
    secrets = load_secrets(also=settings.minds.key_variables)
    refuse_without_keys(settings, secrets)
    configure(level=secrets.log_level, secrets=secrets.values())
    key = journal_key()
    tape = tape_of(world)
    session = describe(settings, tape, key, request.calibration)
    fresh = request.resume is None
    folder = (
        make_folder(request.out, settings.profile)
        if request.resume is None
        else RunFolder(Path(request.resume), made=False)
    )
    try:
        group = 1 if sits(settings) else settings.journal.group_commit
        journal = _journal(folder.path, key, group, fresh=fresh)
        end = _live(settings, session, tape, journal, key, quiet=request.quiet)
    except BaseException:
        if fresh and _paid_for(folder.path):
            sys.stderr.write(
                f"What models said is kept in {folder.path}: --resume {folder.path}, with the same options, goes on.\n"
            )
        elif fresh:
            folder.remove()
        raise
    write_checksum(folder.path)
    conclude(folder.path, key, as_json=request.as_json)
    return INTERRUPTED if end.reason == "interrupted" else 0


def _paid_for(folder: Path) -> bool:
    """Whether a broken-off run holds anything that models were asked for."""
    path = folder / JOURNAL
    return path.exists() and holds(path, Attempt)


def _journal(folder: Path, key: bytes, group_commit: int, *, fresh: bool) -> Journal | ResumingSink:
    path = folder / JOURNAL
    return Journal(path, key, group_commit) if fresh else ResumingSink(path, key, group_commit)


def _live(
    settings: Settings, session: Session, tape: Tape, journal: Journal | ResumingSink, key: bytes, *, quiet: bool
) -> SessionEnd:
    herald, folder = HaltHerald(sys.stderr), latches()
    herald.at_start([latch for scope in (ALL, settings.profile) if (latch := folder.read(scope))])

    async def trade(progress: SessionProgress, stop: Callable[[], bool]) -> SessionEnd:
        async with models_of(settings, load_secrets(also=settings.minds.key_variables)) as asker:
            outside = outside_of(settings, asker, journal)._replace(told=_silent if quiet else _told)
            sink = _listened(journal, (AlertTeller(sys.stderr), herald, progress))
            desk = open_paper(settings, session, tape, sink, key, outside)
            return await run_session(desk, stop, lambda record: None)

    try:
        with SessionProgress(session.bars, None if quiet else sys.stderr) as progress, _asked_to_stop() as stop:
            end = asyncio.run(trade(progress, stop))
        journal.close()
    except BaseException:
        journal.abandon()
        raise
    return end


def _told(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _silent(line: str) -> None:
    """Under --quiet, nothing is said of the files."""


def _listened(journal: Journal | ResumingSink, listeners: Sequence[Listener]) -> Fanout:
    """The journal, with whoever listens to it; one that fails is reported on stderr."""

    def report(text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(f"{text}\n")

    return Fanout(journal, listeners, report, lambda: isinstance(journal, ResumingSink) and journal.past)


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Turns the first Ctrl-C, or SIGTERM, into a wish to stop between two cycles; the second ends at once."""
    asked = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        sys.stderr.write("\nEnding the session after this bar; Ctrl-C again to drop it.\n")

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
