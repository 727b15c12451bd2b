"""The units of systemd: read without a word, as closed as a session allows, and no restart of what cannot be mended."""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import agents.strategies.own
import config.errors
from agents.llm.attempt import ReplayMiss
from config.ending import INTERRUPTED
from ops.commands.table import BY_NAME

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
MOST_EXPOSED = 20
"""systemd's exposure level, in tenths: 0 is closed, 100 is open. A service that only talks to exchanges is below 2."""
each = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
needs_systemd = pytest.mark.skipif(
    os.environ.get("CI") != "true" and shutil.which("systemd-analyze") is None,
    reason="systemd-analyze is not installed",
)


def service_of(unit: Path) -> dict[str, list[str]]:
    """The settings of a unit's service, each with all its values."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").partition("[Service]")[2].partition("[Install]")[0].splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


@pytest.fixture
def installed(unit: Path, tmp_path: Path) -> Path:
    """The unit as it is started for a run, with a program that is there."""
    text = unit.read_text(encoding="utf-8")
    for program in ("/opt/tribunal/bin/tribunal-session", "/opt/tribunal/bin/tribunal"):
        text = text.replace(program, sys.executable)
    file = tmp_path / unit.name.replace("@", "@paper-001")
    file.write_text(text, encoding="utf-8")
    return file


def analyse(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False)


def test_there_is_one_for_the_session_one_for_the_window_and_one_for_the_watchdog() -> None:
    assert [unit.name for unit in UNITS] == [
        "tribunal-watchdog@.service",
        "tribunal-window@.service",
        "tribunal@.service",
    ]


@needs_systemd
@each
def test_systemd_reads_it_without_a_word(installed: Path) -> None:
    done = analyse("verify", installed)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_systemd
@each
def test_it_is_closed(installed: Path) -> None:
    done = analyse("security", "--offline=true", f"--threshold={MOST_EXPOSED}", installed)
    assert done.returncode == 0, done.stdout


@needs_systemd
def test_a_misspelt_setting_would_be_seen(tmp_path: Path) -> None:
    file = tmp_path / "wrong.service"
    file.write_text(f"[Service]\nExecStart={sys.executable}\nNoNewPrivilege=yes\n", encoding="utf-8")
    assert "NoNewPrivilege" in analyse("verify", file).stderr
    assert analyse("security", "--offline=true", f"--threshold={MOST_EXPOSED}", file).returncode != 0


@each
def test_it_runs_as_nobody_in_a_system_that_it_cannot_change_and_gives_up_in_time(unit: Path) -> None:
    service, parser = service_of(unit), configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(unit.read_text(encoding="utf-8"))
    assert service["User"] == ["tribunal"]
    assert service["ProtectSystem"] == ["strict"]
    assert service["NoNewPrivileges"] == ["yes"]
    assert parser["Unit"]["StartLimitBurst"]
    assert parser["Unit"]["StartLimitIntervalSec"]


def test_an_end_that_no_restart_mends_is_left_alone() -> None:
    own, replayed = agents.strategies.own.StrategyFault.exit_code, ReplayMiss.exit_code
    faults = [
        getattr(config.errors, name) for name in dir(config.errors) if name.endswith(("Fault", "Confirmed", "Broken"))
    ]
    codes = {fault.exit_code for fault in faults} | {own, replayed, INTERRUPTED}
    unmended = codes - {config.errors.OutputFault.exit_code}
    assert unmended >= set(BY_NAME["run"].errors) - {config.errors.OutputFault.exit_code}
    (told,) = service_of(ROOT / "deploy/systemd/tribunal@.service")["RestartPreventExitStatus"]
    assert {int(code) for code in told.split()} == unmended


def test_the_session_answers_its_watchdog() -> None:
    service = service_of(ROOT / "deploy/systemd/tribunal@.service")
    assert service["Type"] == ["notify"]
    assert service["WatchdogSec"] == ["15min"]
    assert service["KillSignal"] == ["SIGTERM"]


@each
def test_no_key_stands_in_it(unit: Path) -> None:
    set_here = " ".join(service_of(unit).get("Environment", []))
    assert not any(word in set_here for word in ("KEY", "SECRET", "PASSWORD", "TOKEN", "HASH"))
