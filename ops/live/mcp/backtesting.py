"""A backtest that another agent asks for: bounded, in a process and a folder of its own, without a key of anybody.

Only voters of this program vote, by name: a file of the user's own would be code of whoever asks. The fixed rules sit in the
court, so no model is asked and nothing costs money. The bars are drawn, or lie in the one folder that the operator has named. The
process sees none of the environment's secrets, and neither the state folder nor the kill switch of this user; what it writes is
removed.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, Final

from pydantic import Field

from config.errors import UsageFault
from config.files import behind_links, passing_folder
from config.frozen import Frozen
from config.sections.strategies import STRATEGIES

LONGEST_S = 120.0
"""How long one may take [s]."""
MOST_DAYS = 365
"""Days of drawn bars."""
MOST_VOTERS = 5
_MOST_BYTES = 4 << 30
"""Address space of its process [bytes]."""
_MOST_FILE_BYTES = 1 << 30
"""The largest file that it may write [bytes]."""
_NICER = 10
_TOLD = 400
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "TMPDIR", "NUMBA_CACHE_DIR")
"""All that it has of this process' environment."""


class Wanted(Frozen):
    """What is to be tested."""

    strategies: tuple[str, ...] = Field(default=(), max_length=MOST_VOTERS)
    file: str = ""
    days: int = Field(default=30, ge=1, le=MOST_DAYS)
    seed: int = Field(default=7, ge=0, le=2**31 - 1)
    start: date | None = None
    end: date | None = None


class Backtested(Frozen):
    """What came of it."""

    command: str = Field(description="the command line that does the same")
    seconds: float = Field(description="how long it took [s]")
    result: dict[str, Any] = Field(description="its result, as `--json` prints it")


class Backtests:
    """Runs one at a time. `folder`: where files of bars may lie; None for none. `longest_s`: how long one may take [s]."""

    def __init__(self, folder: Path | None, longest_s: float = LONGEST_S) -> None:
        """Raises UsageFault for a folder that is none."""
        if folder is not None and not folder.is_dir():
            raise UsageFault(f"{folder} is no folder. Nothing was served. Name the folder that holds files of bars.")
        self._folder = None if folder is None else folder.resolve()
        self._longest_s = longest_s
        self._running = Lock()

    def run(self, wanted: Wanted) -> Backtested:
        """Test, and return the result. Raises UsageFault."""
        typed = self._typed(wanted)
        if not self._running.acquire(blocking=False):
            raise UsageFault("A backtest is running already. Nothing was started. Ask again when it is done.")
        try:
            began = monotonic()
            with passing_folder() as place:
                result = self._done(typed, place)
            return Backtested(
                command=f"tribunal {' '.join(typed)}", seconds=round(monotonic() - began, 1), result=result
            )
        finally:
            self._running.release()

    def _typed(self, wanted: Wanted) -> list[str]:
        unknown = [name for name in wanted.strategies if name not in STRATEGIES]
        if unknown:
            raise UsageFault(
                f"{unknown[0][:40]!r} is no strategy of this program. Nothing was started. Known are {', '.join(STRATEGIES)}."
            )
        world = ["run", "--days", str(wanted.days), "--seed", str(wanted.seed)]
        if wanted.file:
            world = ["backtest", "--data", str(self._file(wanted.file))]
            world += [] if wanted.start is None else ["--start", wanted.start.isoformat()]
            world += [] if wanted.end is None else ["--end", wanted.end.isoformat()]
        return [*world, *(("--strategy", *wanted.strategies) if wanted.strategies else ()), "--mind", "rules"]

    def _file(self, name: str) -> Path:
        if self._folder is None:
            raise UsageFault(
                "This server reads no files: bars are drawn. Nothing was started. The operator names a folder with --files."
            )
        file = behind_links(self._folder / name)
        if not file.is_relative_to(self._folder) or not file.is_file():
            raise UsageFault(
                f"There is no file {name[:80]!r} in the folder of this server. Nothing was started. Name a file of it."
            )
        return file

    def _done(self, typed: list[str], place: Path) -> dict[str, Any]:
        module = {"run": "agents.run", "backtest": "agents.backtest"}[typed[0]]
        program = [sys.executable, "-m", module, *typed[1:], "--out", str(place / "run"), "--json", "--quiet"]
        with (place / "out").open("wb+") as out, (place / "err").open("wb+") as err:
            work = subprocess.Popen(
                program,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=place,
                env=_bare(place),
                start_new_session=True,
            )
            try:
                _bind(work.pid, self._longest_s)
                code = work.wait(self._longest_s)
            except subprocess.TimeoutExpired:
                raise UsageFault(
                    f"The backtest took longer than {self._longest_s:g} s and was stopped. Ask for fewer days or a shorter file."
                ) from None
            finally:
                _end(work)
            out.seek(0)
            err.seek(0)
            told, fault = out.read(), err.read(_TOLD).decode(errors="replace")
        if code != 0:
            raise UsageFault(
                f"The backtest ended with exit code {code}: {_without(fault, place).strip() or 'it was stopped by its limits'}"
            )
        result: dict[str, Any] = json.loads(told)
        return result


def _bare(place: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {"TRIBUNAL_STATE_DIR": str(place / "state")}


def _bind(process: int, longest_s: float) -> None:
    with suppress(ProcessLookupError):
        resource.prlimit(process, resource.RLIMIT_CPU, (int(longest_s) + 1, int(longest_s) + 2))
        resource.prlimit(process, resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
        resource.prlimit(process, resource.RLIMIT_FSIZE, (_MOST_FILE_BYTES, _MOST_FILE_BYTES))
        os.setpriority(os.PRIO_PROCESS, process, _NICER)


def _end(work: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(work.pid, signal.SIGKILL)
    work.wait()


def _without(text: str, place: Path) -> str:
    """A fault without the names of folders that mean nothing to whoever asked."""
    return text.replace(str(place), "")
