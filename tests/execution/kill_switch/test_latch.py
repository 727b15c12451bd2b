"""The latch fails closed, whatever stands in its place, and keeps what it was told first."""

import json
import os
import resource
from pathlib import Path

import pytest
from halt_support import command
from hypothesis import given
from hypothesis import strategies as st

from config.secrets import load_secrets, state_dir
from config.state import state_folder
from execution.kill_switch.latch import ALL, UNKNOWN, Latch, LatchFolder, Lift
from execution.kill_switch.switches import FileSwitch

FIRST = Latch(ALL, "ann", "2026-01-02T03:04:05+00:00", "a bad feeling", flatten=False)
SOUND = {"scope": ALL, "who": "ann", "given_utc": "2026-01-02T03:04:05+00:00", "why": "x", "flatten": False}


def test_a_latch_reads_back_as_it_was_set_and_is_gone_once_it_is_lifted(tmp_path: Path) -> None:
    folder = LatchFolder(tmp_path)
    assert folder.read(ALL) is None
    assert folder.set(FIRST) == FIRST
    assert LatchFolder(tmp_path).read(ALL) == FIRST
    folder.lift(Lift(ALL, "bob", "2026-01-03T00:00:00+00:00", "it passed"))
    assert folder.read(ALL) is None


def test_a_second_halt_leaves_who_when_and_why_and_can_only_add_flatten(tmp_path: Path) -> None:
    folder = LatchFolder(tmp_path)
    folder.set(FIRST)
    second = Latch(ALL, "bob", "2026-05-05T05:05:05+00:00", "me too", flatten=True)
    assert folder.set(second) == FIRST._replace(flatten=True)
    assert folder.set(second._replace(flatten=False)) == FIRST._replace(flatten=True)


def test_the_latch_of_a_profile_is_not_that_of_another(tmp_path: Path) -> None:
    folder = LatchFolder(tmp_path)
    folder.set(FIRST._replace(scope="paper"))
    assert folder.read(ALL) is None
    assert folder.read("live") is None
    assert [latch.scope for latch in folder.standing()] == ["paper"]


DAMAGED = {
    "nothing": "",
    "half of it": json.dumps(SOUND)[:30],
    "no object": "[1, 2]",
    "no reason": json.dumps({key: value for key, value in SOUND.items() if key != "why"}),
    "flatten in words": json.dumps(SOUND | {"flatten": "no"}),
    "a moment without a zone": json.dumps(SOUND | {"given_utc": "2026-01-02T03:04:05"}),
    "a moment outside the calendar": json.dumps(SOUND | {"given_utc": "0001-01-01T00:00:00+14:00"}),
    "text that cannot be written": json.dumps(SOUND | {"who": "\udcff"}),
    "a deep well": "[" * 60_000,
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_latch_counts_as_one_is_replaced_by_a_sound_one_and_can_be_lifted(
    tmp_path: Path, content: str
) -> None:
    folder = LatchFolder(tmp_path)
    folder.path.mkdir()
    folder.file(ALL).write_text(content)
    found = folder.read(ALL)
    assert found is not None
    assert found.given_utc == UNKNOWN
    assert folder.set(FIRST) == FIRST
    folder.file(ALL).write_text(content)
    folder.lift(Lift(ALL, "bob", "2026-01-03T00:00:00+00:00", "mended"))
    assert folder.read(ALL) is None


@given(content=st.binary(max_size=200))
def test_no_bytes_in_its_place_raise_or_count_as_no_latch(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = LatchFolder(tmp_path_factory.mktemp("any"))
    folder.path.mkdir()
    folder.file(ALL).write_bytes(content)
    assert folder.read(ALL) is not None


def test_a_directory_a_dangling_link_and_a_pipe_in_its_place_count_as_latched_and_are_not_waited_for(
    tmp_path: Path,
) -> None:
    folder = LatchFolder(tmp_path)
    folder.file("one").mkdir(parents=True)
    folder.file("two").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder.file("three"))
    assert all(folder.read(scope) is not None for scope in ("one", "two", "three"))


def test_a_state_folder_that_is_a_file_counts_as_latched(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    assert LatchFolder(tmp_path / "state").read(ALL) is not None


def test_a_session_that_began_before_the_folder_was_there_sees_the_first_latch_and_its_lift(tmp_path: Path) -> None:
    folder = LatchFolder(tmp_path)
    switch = FileSwitch(folder, "paper")
    assert folder.is_missing
    assert switch.read(1).halts == ()
    LatchFolder(tmp_path).set(FIRST)
    assert [halt.who for halt in switch.read(2).halts] == ["ann"]
    folder.lift(Lift(ALL, "bob", "2026-01-03T00:00:00+00:00", "it passed"))
    assert [lift.who for lift in switch.read(3).lifted] == ["bob"]


def test_a_folder_of_latches_that_cannot_be_looked_at_counts_as_latched(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    folder = LatchFolder(tmp_path / "state")
    assert not folder.is_missing
    assert FileSwitch(folder, "paper").read(1).halts


def test_a_lift_is_told_to_one_fresh_session_and_can_still_be_read_by_a_running_one(tmp_path: Path) -> None:
    folder = LatchFolder(tmp_path)
    folder.set(FIRST)
    lift = Lift(ALL, "bob", "2026-01-03T00:00:00+00:00", "it passed")
    folder.lift(lift)
    assert [folder.lifted(ALL, fresh=True) for _ in range(2)] == [lift, None]
    assert folder.lifted(ALL, fresh=False) == lift
    assert [json.loads(line)["what"] for line in (folder.path / "log.jsonl").read_text().splitlines()] == ["resumed"]


def test_on_a_full_disk_the_latch_still_falls_and_the_command_says_what_was_lost(tmp_path: Path) -> None:
    done = command("agents.halt", "--flatten", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))
    assert done.returncode == 1
    assert "Not kept: --flatten" in done.stderr
    assert "Traceback" not in done.stderr
    found = LatchFolder(tmp_path / "state").read(ALL)
    assert found is not None
    assert not found.flatten


@pytest.mark.parametrize(
    "env_file", ["", "TRIBUNAL_STATE_DIR=/from/file\n", "\ufeffexport tribunal_state_dir='~/quoted'\n"]
)
@pytest.mark.parametrize("variable", [None, "", "/from/environment", "~/of/the/environment"])
def test_the_kill_switch_looks_for_state_where_everything_else_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env_file: str, variable: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".env").write_text(env_file)
    monkeypatch.delenv("TRIBUNAL_STATE_DIR")
    if variable is not None:
        monkeypatch.setenv("TRIBUNAL_STATE_DIR", variable)
    assert state_folder() == state_dir(load_secrets())
    assert state_folder().is_absolute()
    assert "~" not in str(state_folder())
