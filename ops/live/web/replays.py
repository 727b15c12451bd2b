"""A decision is recomputed while a session trades: in a process of its own with a low priority, one at a time, with a bound.

The process is `tribunal replay RUN --decision ID`. It reads the journal and writes nothing, and the session waits for nothing.
One that takes longer than the bound is ended, and that is told.
"""

import os
import re
import resource
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from time import monotonic
from typing import Literal

from pydantic import Field, ValidationError

from config.files import passing_folder
from config.frozen import Frozen
from config.sections.limits import TIGHTENED
from ops.story.trials.again import DecidedAgain

LONGEST_S = 300.0
"""How long a decision may be recomputed [s]."""
_NICER = 10
"""How much less urgent than the session it is: at 19 a machine whose cores are busy would hardly begin it."""
KEPT = 32
"""Decisions whose last result is kept."""
_LOOK_S = 0.1
_VALUE = re.compile(r"\d{1,12}(\.\d{1,12})?|null")
_LAST_WORDS = 2000


class Busy(Exception):
    """Another decision is being recomputed."""


class Again(Frozen):
    """How far the recomputing of a decision is."""

    decision_id: str
    state: Literal["running", "done", "failed"]
    limits: dict[str, str] = Field(description="the other limits that were asked about, as they were typed")
    elapsed_s: float = Field(description="time that it has taken so far [s]")
    longest_s: float = Field(description="time after which it is ended [s]")
    told: str = Field(description="how far it is, or why it failed")
    result: DecidedAgain | None = Field(default=None, description="what it has shown; null until it is done")


def limits_typed(fields: Mapping[str, str]) -> dict[str, str]:
    """The limits that were filled in, by name; empty fields are left out. Raises ValueError, which says what is wrong."""
    found: dict[str, str] = {}
    for name, text in fields.items():
        if not text.strip():
            continue
        if name not in TIGHTENED:
            raise ValueError(f"{name[:60]!r} is no limit that judges one purchase")
        if _VALUE.fullmatch(text.strip()) is None:
            raise ValueError(f"{name} takes a number, or null for none; {text[:40]!r} is neither")
        found[name] = text.strip()
    return found


class Replays:
    """The decisions of the run in `folder` that were recomputed last. `is_closing`: whether the server ends."""

    def __init__(self, folder: Path, is_closing: Callable[[], bool], longest_s: float = LONGEST_S) -> None:
        self._folder, self._is_closing, self._longest_s = folder, is_closing, longest_s
        self._kept: OrderedDict[str, Again] = OrderedDict()
        self._lock = Lock()
        self._running: str | None = None
        self._began = 0.0

    def start(self, decision_id: str, limits: dict[str, str]) -> Again:
        """Begin to recompute a decision. Raises Busy."""
        with self._lock:
            if self._running is not None:
                raise Busy(self._running)
            self._running, self._began = decision_id, monotonic()
            begun = self._keep(decision_id, limits, "running", "it begins")
        Thread(target=self._work, args=(decision_id, limits), name="replay", daemon=True).start()
        return begun

    def of(self, decision_id: str) -> Again | None:
        """How far a decision is; None for one that nobody asked about, or too long ago."""
        with self._lock:
            return self._kept.get(decision_id)

    def _keep(
        self,
        decision_id: str,
        limits: dict[str, str],
        state: Literal["running", "done", "failed"],
        told: str,
        result: DecidedAgain | None = None,
    ) -> Again:
        self._kept[decision_id] = kept = Again(
            decision_id=decision_id,
            state=state,
            limits=limits,
            elapsed_s=round(monotonic() - self._began, 1),
            longest_s=self._longest_s,
            told=told,
            result=result,
        )
        self._kept.move_to_end(decision_id)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return kept

    def _work(self, decision_id: str, limits: dict[str, str]) -> None:
        try:
            state, told, result = self._recomputed(decision_id, limits)
        except Exception as fault:  # noqa: BLE001  the boundary of the process: what it could not do is told
            state, told, result = "failed", f"It could not be recomputed ({type(fault).__name__}).", None
        with self._lock:
            self._running = None
            self._keep(decision_id, limits, state, told, result)

    def _recomputed(
        self, decision_id: str, limits: dict[str, str]
    ) -> tuple[Literal["done", "failed"], str, DecidedAgain | None]:
        asked = ["--set", *(f"limits.{name}={value}" for name, value in limits.items())] if limits else []
        command = [sys.executable, "-P", "-m", "agents.replay", str(self._folder), "--decision", decision_id, "--json"]
        with passing_folder() as folder, (folder / "out").open("w+b") as out, (folder / "said").open("w+b") as said:
            process = subprocess.Popen(
                [*command, *asked], stdin=subprocess.DEVNULL, stdout=out, stderr=said, process_group=0
            )
            _hold_back(process.pid, self._longest_s)
            why = self._waited(process, said.fileno(), decision_id, limits)
            out.seek(0)
            told = out.read()
            words = _tail(said.fileno())
        if why:
            return "failed", why, None
        try:
            result = DecidedAgain.model_validate_json(told)
        except ValidationError:
            return "failed", words or f"It ended with the code {process.returncode} and said nothing.", None
        return "done", "", result

    def _waited(self, process: "subprocess.Popen[bytes]", said: int, decision_id: str, limits: dict[str, str]) -> str:
        """Wait for the end of the process; returns why it was ended, if it was."""
        why = ""
        while True:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_S)
                return why
            if monotonic() - self._began > self._longest_s:
                why = (
                    f"It took longer than {self._longest_s:g} s and was ended: too many bars lie before this decision, or the "
                    "machine is busy. In a terminal, the command below has no such bound."
                )
            elif self._is_closing():
                why = "The window was closed."
            if why:
                process.kill()
                continue
            with self._lock:
                self._keep(decision_id, limits, "running", _tail(said).rpartition("\n")[2] or "it begins")


def _hold_back(pid: int, longest_s: float) -> None:
    """Give a process a low priority, and no more processor time than the bound: also where nobody is left to end it."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICER)
    with suppress(OSError, ValueError):
        resource.prlimit(pid, resource.RLIMIT_CPU, (int(longest_s) + 1, int(longest_s) + 5))


def _tail(descriptor: int) -> str:
    """The last words of a file that another process writes."""
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, _LAST_WORDS, max(0, size - _LAST_WORDS)).decode(errors="replace").strip()
