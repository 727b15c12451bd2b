"""What every switch keeps: it says at each look what stands, tells of a lift once, and takes what it cannot read for a halt."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from implementations import implementations

from agents.recorded.again import InputsAgain
from config.clock import SystemClock
from config.frozen import Journaled
from config.reading.load import load_profile
from config.sections.emergency.table import TRIGGERS
from execution.journal.chain import Journal
from execution.journal.lasting import LastingJournal
from execution.kill_switch.halting import HaltEvent, HaltWatch, NoSwitch, Reading, Switch
from execution.kill_switch.latch import ALL, Latch, LatchFolder, Lift
from execution.kill_switch.storage import StorageSwitch
from execution.kill_switch.switches import FileSwitch, RecordedSwitch, ResumedSwitch
from execution.kill_switch.triggers import Triggers, TriggerSwitch

AT = datetime(2024, 3, 1, tzinfo=UTC)
PROFILE = "paper"


class Act(Protocol):
    """What somebody does to the latches before a look."""

    def __call__(self, folder: LatchFolder) -> None: ...


def nothing(folder: LatchFolder) -> None:
    return


def halt(folder: LatchFolder, scope: str = ALL) -> None:
    folder.set(Latch(scope, "ann", AT.isoformat(), "to see", flatten=False))


def halt_this_profile(folder: LatchFolder) -> None:
    halt(folder, PROFILE)


def halt_another_profile(folder: LatchFolder) -> None:
    halt(folder, "live")


def flatten(folder: LatchFolder) -> None:
    folder.set(Latch(ALL, "bob", AT.isoformat(), "sell", flatten=True))


def lift(folder: LatchFolder) -> None:
    folder.lift(Lift(ALL, "ann", AT.isoformat(), "it passed"))


def lift_this_profile(folder: LatchFolder) -> None:
    folder.lift(Lift(PROFILE, "ann", AT.isoformat(), "it passed"))


def damage(folder: LatchFolder) -> None:
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.file(ALL).write_bytes(b"\xff{ not a latch")


def take_away(folder: LatchFolder) -> None:
    folder.file(ALL).unlink()


def put_a_folder_there(folder: LatchFolder) -> None:
    folder.file(ALL).mkdir(parents=True)


Plan = tuple[Act, ...]
PLANS: dict[str, Plan] = {
    "halted and lifted": (nothing, halt, nothing, lift, nothing),
    "halted before the first look": (halt, nothing, lift, nothing, nothing),
    "this profile alone": (nothing, halt_this_profile, nothing, lift_this_profile, nothing),
    "two latches": (halt, halt_this_profile, lift, lift_this_profile, nothing),
    "flattened later": (nothing, halt, flatten, nothing, lift),
    "damaged": (nothing, damage, nothing, take_away, nothing),
    "a folder in its place": (nothing, put_a_folder_there, nothing, nothing, nothing),
    "another profile": (halt_another_profile, nothing, nothing, nothing, nothing),
    "halted again": (halt, lift, halt, lift, nothing),
}


class Kept:
    """A sink that keeps events."""

    def __init__(self) -> None:
        self.events: list[Journaled] = []

    def append(self, event: Journaled) -> int:
        self.events.append(event)
        return len(self.events)


def seen_from_files(folder: LatchFolder, plan: Plan) -> tuple[list[Reading], dict[int, HaltEvent]]:
    """What a session reads at each look from the latch files, and what it journals of it by look."""
    live, sink, readings = FileSwitch(folder, PROFILE), Kept(), []

    class Noted:
        def read(self, look: int) -> Reading:
            readings.append(live.read(look))
            return readings[-1]

    watch = HaltWatch(Noted(), sink)
    for look, act in enumerate(plan, 1):
        act(folder)
        watch.look(AT + timedelta(hours=look))
    return readings, {event.look: event for event in sink.events if isinstance(event, HaltEvent)}


def from_files(folder: Path, plan: Plan) -> list[Reading]:
    return seen_from_files(LatchFolder(folder), plan)[0]


def from_the_journal(folder: Path, plan: Plan) -> list[Reading]:
    _, events = seen_from_files(LatchFolder(folder), plan)
    switch = RecordedSwitch(events.get)
    return [switch.read(look) for look in range(1, len(plan) + 1)]


def from_the_journal_then_files(folder: Path, plan: Plan) -> list[Reading]:
    """Killed after the second look: the files are as they were then, and go on."""
    _, events = seen_from_files(LatchFolder(folder / "before"), plan[:2])
    latches, looks = LatchFolder(folder / "after"), iter(range(1, len(plan) + 1))
    now = 0
    switch: Switch = ResumedSwitch(events.get, lambda: now <= 2, FileSwitch(latches, PROFILE))
    readings = []
    for act in plan:
        now = next(looks)
        act(latches)
        readings.append(switch.read(now))
    return readings


def from_nowhere(folder: Path, plan: Plan) -> list[Reading]:
    switch = NoSwitch()
    return [switch.read(look) for look in range(1, len(plan) + 1)]


def from_files_beside_a_journal(folder: Path, plan: Plan) -> list[Reading]:
    """The journal can be written all the time."""
    folder.mkdir(exist_ok=True)
    path = folder / "journal.db"
    journal = LastingJournal(Journal(path, b"k" * 32, 1), path, folder, SystemClock(), lambda told: None)
    latches, readings = LatchFolder(folder), []
    switch = StorageSwitch(FileSwitch(latches, PROFILE), journal)
    for look, act in enumerate(plan, 1):
        act(latches)
        readings.append(switch.read(look))
    journal.close()
    return readings


def from_files_beside_triggers(folder: Path, plan: Plan) -> list[Reading]:
    """Nothing is wrong all the time."""
    latches, readings = LatchFolder(folder), []
    emergency = load_profile("testnet", {}).emergency
    figures = {row.name: lambda: 0.0 for row in TRIGGERS}
    switch = TriggerSwitch(FileSwitch(latches, PROFILE), Triggers(emergency, figures, latches, PROFILE, SystemClock()))
    for look, act in enumerate(plan, 1):
        act(latches)
        readings.append(switch.read(look))
    return readings


Read = Callable[[Path, Plan], list[Reading]]
HALTABLE: dict[type, Read] = {
    FileSwitch: from_files,
    RecordedSwitch: from_the_journal,
    ResumedSwitch: from_the_journal_then_files,
    StorageSwitch: from_files_beside_a_journal,
    TriggerSwitch: from_files_beside_triggers,
}
each_switch = pytest.mark.parametrize("read", HALTABLE.values(), ids=[kind.__name__ for kind in HALTABLE])
each_plan = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())


def down(readings: list[Reading]) -> list[int]:
    """How many latches are down at each look."""
    return [len(reading.halts) for reading in readings]


def test_every_switch_of_the_rooms_is_held_to_the_contract() -> None:
    kinds = (*HALTABLE, NoSwitch, InputsAgain)  # the last tells a second session what stood at a bar of the first
    assert implementations("read", "look") == {f"{kind.__module__}.{kind.__name__}" for kind in kinds}


EXPECTED = {
    "halted and lifted": [0, 1, 1, 0, 0],
    "halted before the first look": [1, 1, 0, 0, 0],
    "this profile alone": [0, 1, 1, 0, 0],
    "two latches": [1, 2, 1, 0, 0],
    "flattened later": [0, 1, 1, 1, 0],
    "damaged": [0, 1, 1, 0, 0],
    "a folder in its place": [0, 1, 1, 1, 1],
    "another profile": [0, 0, 0, 0, 0],
    "halted again": [1, 0, 1, 0, 0],
}


@each_switch
@pytest.mark.parametrize("name", PLANS)
def test_a_switch_says_at_each_look_what_stands(read: Read, name: str, tmp_path: Path) -> None:
    assert down(read(tmp_path, PLANS[name])) == EXPECTED[name]


@each_switch
@each_plan
def test_a_lift_is_told_at_the_look_that_first_sees_it_and_not_again(read: Read, plan: Plan, tmp_path: Path) -> None:
    readings = read(tmp_path, plan)
    before = [0, *down(readings)[:-1]]
    fewer = [look for look, (then, now) in enumerate(zip(before, down(readings), strict=True)) if now < then]
    assert [look for look, reading in enumerate(readings) if reading.lifted] == fewer
    assert all(len(reading.lifted) == 1 for reading in readings if reading.lifted)


@each_plan
def test_a_replay_reads_what_the_run_read(plan: Plan, tmp_path: Path) -> None:
    assert from_the_journal(tmp_path / "a", plan) == from_files(tmp_path / "b", plan)


@each_switch
@pytest.mark.parametrize("name", ["damaged", "a folder in its place"])
def test_what_cannot_be_read_counts_as_a_halt_without_a_moment(read: Read, name: str, tmp_path: Path) -> None:
    (latched,) = read(tmp_path, PLANS[name])[1].halts
    assert latched.given_utc is None
    assert not latched.flatten
    assert "cannot be read" in latched.why
    assert "counts as latched" in latched.why


def test_a_latch_that_somebody_took_away_is_told_as_such(tmp_path: Path) -> None:
    (told,) = from_files(tmp_path, PLANS["damaged"])[3].lifted
    assert told.given_utc is None
    assert "taken away" in told.why


@each_switch
def test_a_halt_says_who_when_and_why_and_only_a_later_one_adds_that_all_is_sold(read: Read, tmp_path: Path) -> None:
    readings = read(tmp_path, PLANS["flattened later"])
    told = [(one.who, one.given_utc, one.why, one.flatten) for reading in readings for one in reading.halts]
    assert told == [("ann", AT, "to see", flattened) for flattened in (False, True, True)]


@each_plan
def test_nobody_can_halt_an_account_without_a_switch(plan: Plan, tmp_path: Path) -> None:
    assert from_nowhere(tmp_path, plan) == [Reading()] * len(plan)


def test_a_session_that_was_halted_while_it_was_dead_sees_it_at_its_first_own_look(tmp_path: Path) -> None:
    readings = from_the_journal_then_files(tmp_path, (nothing, nothing, halt, nothing))
    assert down(readings) == [0, 0, 1, 1]
