"""Sessions with a test's own kill switch and approver, in this process and in others."""

import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from gate_support import OLD_FOUR
from run_support import said, voters

from agents.approval.petition import AUTO, Approver
from agents.court.minds.watchlist import nobody_knows
from agents.desk.description import describe
from agents.desk.outside import Outside
from agents.desk.paper import open_paper
from agents.records.events import read_events
from agents.records.folder import JOURNAL, journal_of, write_checksum
from agents.records.record import SessionEnd
from agents.records.registry import Recorded
from agents.session import run_session
from config.clock import FixedClock, from_ms
from config.reading.load import load_profile
from config.secrets import journal_key
from config.settings import Settings
from execution.journal.chain import Journal
from execution.kill_switch.halting import Halt, HaltEvent, Lifted, NoSwitch, Reading, Switch
from market.tape import Tape, simulated_tape

ROOT = Path(__file__).resolve().parents[2]
HALT = Halt(
    scope="all", who="somebody", given_utc=FixedClock(from_ms(1_700_000_000_000)).now(), why="to see", flatten=False
)


class FallsAt:
    """A switch that is up until one look, and then down until another look."""

    def __init__(self, look: int, *, flatten: bool = False, until: int = 10**9) -> None:
        self._look, self._until = look, until
        self._halt = HALT.model_copy(update={"flatten": flatten})

    def read(self, look: int) -> Reading:
        if look == self._until:
            return Reading((), (Lifted(scope="all", who="ann", given_utc=None, why="mended"),))
        return Reading((self._halt,)) if self._look <= look < self._until else Reading()


class Counts:
    """A switch that never falls; it notes the number of events in the journal at each look."""

    def __init__(self, journal: Journal, noted: list[int]) -> None:
        self._journal, self._noted = journal, noted

    def read(self, look: int) -> Reading:
        self._noted.append(self._journal.count)
        return Reading()


def world(days: int, changes: tuple[tuple[str, Any], ...] = ()) -> tuple[Settings, Tape]:
    """The profile paper with the old four and these changes, and its simulated market."""
    return _world(days, json.dumps({**OLD_FOUR, **dict(changes)}))


@cache
def _world(days: int, changes: str) -> tuple[Settings, Tape]:
    settings = load_profile("paper", {"market.session_days": days, **json.loads(changes)})
    return settings, simulated_tape(settings)


def session(
    folder: Path,
    switch: Switch | None = None,
    approver: Approver = AUTO,
    days: int = 4,
    looks: list[int] | None = None,
    **changes: Any,
) -> SessionEnd:
    """Run a whole paper session with this switch and approver.

    `changes` are settings, with `__` for the dot; `looks` receives the number of events in the journal at each look.
    """
    settings, tape = world(days, tuple((key.replace("__", "."), value) for key, value in changes.items()))
    key = journal_key()
    folder.mkdir(parents=True)
    journal = Journal(folder / JOURNAL, key, settings.journal.group_commit)
    described = describe(settings, tape, key)
    thrown = switch or (NoSwitch() if looks is None else Counts(journal, looks))
    desk = open_paper(settings, described, tape, journal, key, Outside(None, thrown, approver, nobody_knows))
    end = asyncio.run(run_session(desk, lambda: False, lambda record: None))
    journal.close()
    write_checksum(folder)
    return end


def halts(run_folder: Path) -> list[HaltEvent]:
    return said(journaled(run_folder), HaltEvent)


def journaled(run_folder: Path) -> list[Recorded]:
    return list(read_events(journal_of(run_folder), journal_key()))


def command(module: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `python -m module` in its own process."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, **options
    )


def started(out: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start `tribunal run` and leave it running."""
    line = [sys.executable, "-m", "agents.run", "--out", str(out), "--quiet", *voters(*arguments), *arguments]
    return subprocess.Popen(
        line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )


def written(out: Path, name: str = "journal.db*") -> int:
    """Return the size in bytes of a running session's files; one that vanishes meanwhile counts for nothing."""
    size = 0
    for file in out.glob(name):
        with suppress(FileNotFoundError):
            size += file.stat().st_size
    return size


def wait_for_journal(out: Path, size: int = 600_000) -> None:
    """Wait until a running session's journal has reached a size in bytes."""
    for _ in range(3600):
        if written(out) > size:
            return
        time.sleep(0.05)
    raise AssertionError("the session did not get going")
