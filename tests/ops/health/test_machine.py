"""What the doctor looks at on this machine: the key and its copy, the state folder, the disk."""

import os
from pathlib import Path

import pytest

from config.secrets import KEY_FILE, journal_key, load_secrets, state_dir
from ops.health.finding import Finding, State
from ops.health.machine import machine


def looked(copy: Path | None = None, *, live: bool = False) -> dict[str, Finding]:
    secrets = load_secrets()
    return {each.check: each for each in machine(secrets, state_dir(secrets), "paper", copy, live=live)}


@pytest.fixture
def key_file() -> Path:
    """The journal's key, made as a session makes it."""
    journal_key()
    return state_dir(load_secrets()) / KEY_FILE


def test_no_key_is_made_and_only_real_money_wants_one_before_its_first_session(tmp_path: Path) -> None:
    assert looked()["journal key"].state is State.OK
    missing = looked(live=True)["journal key"]
    assert (missing.state, "umask 077" in missing.how) == (State.MEND, True)
    assert not (state_dir(load_secrets()) / KEY_FILE).exists()


def test_a_copy_is_compared_with_the_key(key_file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.write_bytes(key_file.read_bytes())
    assert looked(copy)["copy of the key"].state is State.OK
    copy.write_text(key_file.read_bytes().hex() + "\n", encoding="ascii")
    assert looked(copy)["copy of the key"].state is State.OK
    copy.write_bytes(b"k" * 32)
    assert "is no copy of the key" in looked(copy)["copy of the key"].told
    assert key_file.read_bytes().hex() not in str(looked(copy))


def test_the_key_itself_is_no_copy_and_a_missing_one_is_told(key_file: Path, tmp_path: Path) -> None:
    assert looked(key_file)["copy of the key"].told.endswith("is the key itself.")
    (tmp_path / "link").symlink_to(key_file)
    assert looked(tmp_path / "link")["copy of the key"].state is State.MEND
    assert "cannot be read" in looked(tmp_path / "nothing")["copy of the key"].told
    assert looked()["copy of the key"].state is State.NOT_ASKED


def test_a_key_that_others_can_read_is_to_be_mended(key_file: Path) -> None:
    os.chmod(key_file, 0o644)
    assert looked()["journal key"].state is State.MEND
    assert "chmod 600" in looked()["journal key"].told


def test_nothing_stays_in_the_state_folder(key_file: Path) -> None:
    assert looked()["state folder"].state is State.OK
    assert [file.name for file in key_file.parent.iterdir()] == [KEY_FILE]


def test_a_state_folder_that_is_no_folder_is_to_be_mended(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    found = machine(load_secrets(), tmp_path / "file", "paper", None, live=False)
    assert (found[0].check, found[0].state) == ("state folder", State.MEND)


def test_a_disk_that_is_nearly_full_is_to_be_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.health.machine.LEAST_FREE", 2**62)
    assert looked()["disk"].state is State.MEND
    monkeypatch.setattr("ops.health.machine.LEAST_FREE", 1)
    assert looked()["disk"].state is State.OK
