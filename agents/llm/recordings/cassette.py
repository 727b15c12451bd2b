"""Cassettes: recorded answers and failures of providers, which are played back without asking a provider.

Each call is one JSON line, written at once and synced; each system text is one line before its first use. Calls that
were not made (budget, breaker, deadline) are lines too, so that a replay takes the same steps. A request is found by
its key and by the number of earlier requests with that key. If two lines have the same place, the later one counts,
so a new recording replaces the old one. A cut line at the end was never finished and is ignored; any other damage is
an error.

A missing recording raises ReplayMiss, which shows what changed in the prompt and how to record it.
"""

import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple, Self

from pydantic import ValidationError

from agents.llm.attempt import ReplayMiss
from agents.llm.recordings.difference import nearness, prompt_diff
from agents.llm.recordings.take import Take, Told, asked_of, take_of
from agents.llm.source import Call, CallResult, CallSource
from config.errors import JournalFault, OutputFault

_TOLD = b'{"system_sha256":'
"""The first bytes of the line of a system text."""


class _Place(NamedTuple):
    key: str
    n: int


class Cassette:
    """One file of recorded answers. It is either written or played, never both."""

    def __init__(self, path: Path, command: str, lines: tuple[Take | Told, ...] = ()) -> None:
        self._path = path
        self._command = command
        self._takes = {_Place(line.key, line.n): line for line in lines if isinstance(line, Take)}
        self._told = {line.system_sha256: line.system for line in lines if isinstance(line, Told)}
        self._asked: Counter[str] = Counter()

    @classmethod
    def recording(cls, path: Path, command: str) -> Self:
        """Write to `path`, after its present content. Raises OutputFault when that fails."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab+") as stream:
                stream.seek(0)
                stream.truncate(stream.read().rfind(b"\n") + 1)
        except OSError as fault:
            raise _unwritable(path, fault) from fault
        return cls(path, command)

    @classmethod
    def playing(cls, path: Path, command: str) -> Self:
        """Read `path`; `command` is the command that records it. Raises ReplayMiss when it is missing, JournalFault
        when it is damaged.
        """
        try:
            lines = path.read_bytes().split(b"\n")[:-1]
        except OSError as fault:
            raise ReplayMiss(
                f"The recorded answers {path} cannot be read ({fault.strerror}); no model was asked instead. "
                f"Record them with: {command}"
            ) from fault
        return cls(path, command, tuple(_parse(path, number, line) for number, line in enumerate(lines, start=1)))

    def place(self, key: str) -> int:
        """Return how often a key was asked, including this time."""
        self._asked[key] += 1
        return self._asked[key]

    def write(self, call: Call, n: int, done: CallResult) -> None:
        """Add a line durably. Raises OutputFault: a recording with missing lines would replay differently."""
        take, system = take_of(call, n, done), call.request.system
        line = take.canonical() + b"\n"
        if take.request.system_sha256 not in self._told:
            self._told[take.request.system_sha256] = system
            line = Told(system_sha256=take.request.system_sha256, system=system).canonical() + b"\n" + line
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
            try:
                os.write(descriptor, line)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as fault:
            raise _unwritable(self._path, fault) from fault

    def play(self, call: Call, n: int) -> CallResult:
        """Return the recorded result of a call. Raises ReplayMiss."""
        take = self._takes.get(_Place(call.key, n))
        if take is None:
            raise self._miss(call, n)
        shared = {
            "cost_usd": take.cost_usd,
            "latency_ms": take.latency_ms,
            "warnings": take.warnings,
            "max_tokens": take.max_tokens,
        }
        if take.fault is None:
            usage = take.completion.usage if take.completion else None
            return CallResult(completion=take.completion, usage=usage, **shared)
        return CallResult(outcome=take.fault.outcome, detail=take.fault.detail, usage=take.fault.usage, **shared)

    def holds(self, key: str) -> bool:
        """Return whether the next request for a key is recorded."""
        return _Place(key, self._asked[key] + 1) in self._takes

    def _miss(self, call: Call, n: int) -> ReplayMiss:
        who = f"{call.request.role} of decision {call.decision_id} ({call.provider}, {call.model})"
        times = f", asked for the {n}. time" if n > 1 else ""
        return ReplayMiss(
            f"{self._path.name} holds no answer for the {who}{times}; no model was asked instead.\n"
            f"{self._what_changed(call)}\nRecord it with: {self._command}"
        )

    def _what_changed(self, call: Call) -> str:
        near = self._nearest(call)
        if near is None:
            return f"Nothing is recorded for the role {call.request.role}."
        now = asked_of(call)
        named = {"provider": (near.provider, call.provider), "model": (near.model, call.model)} | {
            name: (getattr(near.request, name), getattr(now, name))
            for name in ("prompt_version", "system_sha256", "schema_sha256", "max_tokens")
        }
        changed = [f"  {name}: {then} is now {later}" for name, (then, later) in named.items() if then != later]
        head = f"The nearest recorded prompt is that of decision {near.request.decision_id}:"
        told = self._told.get(near.request.system_sha256)
        if told is not None and told != call.request.system:
            changed.append(prompt_diff(told, call.request.system))
        return "\n".join([head, *changed, prompt_diff(near.request.user, now.user)])

    def _nearest(self, call: Call) -> Take | None:
        """Return the nearest recorded call of the same role: of the same decision, or else with the most lines in
        common.
        """
        same_role = [take for take in self._takes.values() if take.request.role == call.request.role]
        return max(
            same_role,
            key=lambda take: (
                take.request.decision_id == call.decision_id,
                nearness(take.request.user, call.request.user),
                take.provider == call.provider,
            ),
            default=None,
        )


class Recording:
    """A source that records the results of another source."""

    def __init__(self, source: CallSource, cassette: Cassette) -> None:
        self._source = source
        self._cassette = cassette

    async def send(self, call: Call) -> CallResult:
        n = self._cassette.place(call.key)
        done = await self._source.send(call)
        self._cassette.write(call, n, done)
        return done

    def saves(self, first: Call, cheapest: Call) -> bool:
        return self._source.saves(first, cheapest)


class Playing:
    """A source that plays recorded results, without asking a provider and without waiting."""

    def __init__(self, cassette: Cassette) -> None:
        self._cassette = cassette

    async def send(self, call: Call) -> CallResult:
        return self._cassette.play(call, self._cassette.place(call.key))

    def saves(self, first: Call, cheapest: Call) -> bool:
        """Whether the recorded run did: it then asked the cheapest provider, and not the first."""
        return not self._cassette.holds(first.key) and self._cassette.holds(cheapest.key)


def _parse(path: Path, number: int, line: bytes) -> Take | Told:
    try:
        return Told.model_validate_json(line) if line.startswith(_TOLD) else Take.model_validate_json(line)
    except ValidationError as fault:
        raise JournalFault(
            f"Line {number} of {path} is damaged ({fault.errors()[0]['msg']}), so no answer was read. Restore the file from "
            "a copy, or record it again."
        ) from None


def _unwritable(path: Path, fault: OSError) -> OutputFault:
    return OutputFault(
        f"The answers cannot be recorded in {path} ({fault.strerror}), so no model is asked. Free some space or give another "
        "minds.cassette, then record again."
    )
