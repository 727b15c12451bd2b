"""Recorded courts: the cases of a run with real models, their rulings, and the answers on a cassette.

A window is two files: `NAME.jsonl` (a head with the settings, then one line a bar: its hearings and attempts) and
`NAME.cassette.jsonl`. Playing a window gives each case to the present court (prompts, schemas, fence, manager,
grounding, ruling), with the recorded answers instead of the providers. The verdict of the gate is taken from the
record, because it depends on an account that is not stored here.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from gate_support import PLAIN

from agents.court.graph import Bench, Court
from agents.court.hearing import Hearing
from agents.court.minds.model import ModelMind
from agents.court.minds.rules import RulesMind
from agents.llm.attempt import ROLES, Attempt
from agents.llm.setup import open_manager, open_spending
from agents.records.older import ADDED_IN_SESSION_6
from config.clock import SystemClock
from config.frozen import Frozen
from config.reading.load import load_profile
from config.settings import Settings
from rl.adjuster import Off


class Head(Frozen):
    """The first line of a window."""

    window: str
    model: str
    command: str
    """The command that records it again."""
    settings: dict[str, Any]
    """The sections `court`, `minds` and `limits` as recorded; later settings of the court, and how a case is put, are what older
    versions did, and others come from the profile `backtest`."""


class Docket(Frozen):
    """One bar: its hearings and all attempts; the prompts are on the cassette, and here only as digests."""

    hearings: tuple[Hearing, ...]
    attempts: tuple[Attempt, ...]


class Window(NamedTuple):
    """One recorded window."""

    head: Head
    dockets: tuple[Docket, ...]
    cassette: Path


def read_window(path: Path) -> Window:
    """Return the window in `path`, with the cassette beside it."""
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    dockets = tuple(Docket.model_validate_json(line) for line in rest)
    return Window(Head.model_validate_json(first), dockets, path.with_suffix(".cassette.jsonl"))


def write_window(path: Path, head: Head, dockets: Iterator[Docket]) -> int:
    """Write a window; returns how many decisions it holds."""
    kept = list(dockets)
    lines = [head.canonical(), *(docket.canonical() for docket in kept)]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return sum(len(docket.hearings) for docket in kept)


def docket_of(hearings: tuple[Hearing, ...], attempts: Iterable[Attempt]) -> Docket:
    """Return a bar in its stored form: attempts by case, role and number, whatever their order of arrival."""
    ordered = sorted(attempts, key=lambda each: (each.decision_id, ROLES.index(each.role), each.number))
    return Docket(hearings=hearings, attempts=tuple(map(without_prompt, ordered)))


def without_prompt(attempt: Attempt) -> Attempt:
    """Return the attempt with the digest of its prompt instead of the prompt."""
    return attempt.model_copy(update={"user": hashlib.sha256(attempt.user.encode()).hexdigest()})


def settings_of(head: Head) -> Settings:
    """The settings under which a window was recorded; a setting of the court that came later is as versions before it were."""
    older = {name: value for name, value in ADDED_IN_SESSION_6.items() if name.partition(".")[0] == "court"}
    later = {name: value for name, value in older.items() if name.partition(".")[2] not in head.settings["court"]}
    recorded = {**head.settings, "minds": {"case": "brief", **head.settings["minds"]}}
    return load_profile("backtest", {**recorded, **PLAIN, **later})


def play(window: Window, state: Path) -> list[Docket]:
    """Hear every docket again with the answers on the cassette. Raises ReplayMiss if another question would be asked."""
    return asyncio.run(_play(window, state))


async def _play(window: Window, state: Path) -> list[Docket]:
    head, clock = window.head, SystemClock()
    settings = settings_of(head)
    minds = settings.minds.model_copy(update={"transcripts": "replay", "cassette": str(window.cassette)})
    verdicts = {h.case.decision_id: h.verdict for docket in window.dockets for h in docket.hearings}
    with ExitStack() as stack:
        spending = open_spending(minds, state, clock)
        stack.callback(spending.close)
        manager = open_manager(minds, {}, spending, state, clock, head.command, {})
        mind = ModelMind(manager, RulesMind(settings.court, settings.limits), minds)
        noted: list[Attempt] = []
        court = Court(
            Bench(
                mind=mind,
                adjuster=Off(),
                judge=lambda proposal: verdicts[proposal.decision_id],
                role_deadline_s=settings.court.role_deadline_s,
                note=noted.append,
                court=settings.court,
            )
        )
        heard = []
        for docket in window.dockets:
            hearings = await court.hear(tuple(hearing.case for hearing in docket.hearings))
            heard.append(docket_of(hearings, noted))
            noted.clear()
        return heard
