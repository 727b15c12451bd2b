"""What earlier runs have taught, as a file: `tribunal calibrate RUN… --record FILE` writes it. `--record FILE` begins with its
records, and `--memory FILE` (`court.memory`) with its cases. It may be the same file.

A session never looks for earlier runs by itself. A file whose cases closed after the start of a session is refused for it: it
would know the future (law 6).
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from agents.court.record import NOTHING_LEARNT, Learnt
from agents.court.shown.past import PastCase
from agents.records.reading import open_run
from agents.records.record import KnownCases, KnownRecord, SessionEnd
from config.errors import UsageFault
from config.frozen import Frozen, UtcTime, empty

MOST_CASES = 1000
"""Cases that a file keeps, the latest: the journal of each session that names it holds them."""


class RecordFile(Frozen):
    """The cases of some runs, the names of the runs, and the end of the latest of them."""

    format: Literal[1] = 1
    runs: tuple[str, ...]
    known_until_utc: UtcTime
    learnt: Learnt
    cases: tuple[PastCase, ...] = Field(default=(), exclude_if=empty)
    """Closed cases of those runs, oldest first, the latest `MOST_CASES` of them."""


def read_known(path: Path, session_start: datetime) -> KnownRecord:
    """The record in a file, for a session that starts at `session_start`.

    Raises UsageFault for a file that cannot be read or is of another kind, and for one with cases from after the start.
    """
    text, found = _read(path, session_start)
    return KnownRecord(
        sha256=hashlib.sha256(text).hexdigest(), known_until_utc=found.known_until_utc, learnt=found.learnt
    )


def read_cases(path: Path, session_start: datetime) -> KnownCases:
    """The past cases in a file, for a session that starts at `session_start`. Raises UsageFault as `read_known` does, and for a
    file without cases."""
    text, found = _read(path, session_start)
    if not found.cases:
        raise UsageFault(
            f"{path} holds no case, so there is nothing to remember. Nothing was started. Make one of runs in which the court "
            "was called: tribunal calibrate RUN --record FILE."
        )
    return KnownCases(sha256=hashlib.sha256(text).hexdigest(), known_until_utc=found.known_until_utc, cases=found.cases)


def _read(path: Path, session_start: datetime) -> tuple[bytes, RecordFile]:
    try:
        text = path.read_bytes()
        found = RecordFile.model_validate_json(text)
    except OSError as fault:
        raise UsageFault(f"The record {path} cannot be read ({fault.strerror}). Nothing was started.") from fault
    except ValidationError as fault:
        raise UsageFault(
            f"{path} is not a file that `tribunal calibrate RUN --record FILE` wrote. Nothing was started."
        ) from fault
    if found.known_until_utc > session_start:
        raise UsageFault(
            f"{path} has learnt from cases up to {found.known_until_utc.isoformat()}, but the session starts before that, so "
            "the record would know its future. Nothing was started. Make one of earlier runs."
        )
    return text, found


def record_of_runs(folders: Iterable[Path], key: bytes, cases: Iterable[PastCase] = ()) -> RecordFile:
    """What the sessions in these folders have learnt, each from its own cases. `cases`: those that they closed, in any order.

    Raises UsageFault for a run that kept no record or has no end, and JournalFault as `open_run` does.
    """
    names, until, learnt = [], None, NOTHING_LEARNT
    for folder in folders:
        session, _, events = open_run(folder, key)
        end = next((found.event for found in events if isinstance(found.event, SessionEnd)), None)
        if end is None or end.learnt is None:
            raise UsageFault(
                f"{folder} kept no record of its voters: it was cut short, or it was run by an earlier version or under limits "
                "that ask for none. No file was written. Give other runs."
            )
        names.append(folder.resolve().name)
        learnt += end.learnt
        ended = session.end_utc or end.portfolio.as_of_utc
        until = ended if until is None else max(until, ended)
    if until is None:
        raise UsageFault("No run was given, so there is no record to write. Give the folder of a run.")
    ordered = sorted(cases, key=lambda case: case.known_at_utc)
    return RecordFile(runs=tuple(names), known_until_utc=until, learnt=learnt, cases=tuple(ordered[-MOST_CASES:]))
