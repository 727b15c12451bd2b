"""The words of a session's operator: the mailbox in the folder of its run, and the profile that `reload` reads again."""

import sys
from contextlib import suppress
from pathlib import Path

from agents.desk.kept import KeptFiles
from agents.desk.request import RunRequest
from agents.desk.steered.parts import Parts
from agents.desk.steered.profile import Reread
from agents.desk.steered.source import SteerSource
from agents.desk.world import World, world_of
from agents.recorded.resumed import ResumingSink
from config.clock import SystemClock
from execution.journal.chain import Journal
from execution.steering.mailbox import Mailbox


def steered(world: World, request: RunRequest, folder: Path, journal: Journal | ResumingSink) -> SteerSource:
    """The words that operators leave in the folder of a run, for its session, which listens to their end."""
    parts = Parts(files=KeptFiles(folder))
    parts.files.keep(world.settings)
    reread = Reread(world.settings, lambda: world_of(request.world).settings, parts)
    return SteerSource(Mailbox(folder), SystemClock(), _say, reread, journal)


def _say(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"\n{text}\n")
        sys.stderr.flush()
