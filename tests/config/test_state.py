"""The state folder is one whole path, the same for every command; what is none is refused by all of them."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from run_support import run

from agents.halt import main as halt
from agents.unhalt import main as unhalt
from config.errors import OutputFault, TribunalError, UsageFault
from config.secrets import load_secrets, state_dir
from config.state import VARIABLE, env_text, state_folder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without `.env`, a home, and no state folder in the environment."""
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv(VARIABLE)


@pytest.mark.slow
def test_a_tilde_is_the_home_folder_wherever_a_command_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, "~/mine")
    assert halt(["--reason", "stay out"]) == 0
    assert str(tmp_path / "home" / "mine") in capsys.readouterr().out
    assert (tmp_path / "home" / "mine" / "halt" / "all.latch").exists()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run(tmp_path / "run", "--days", "1") == 0
    assert "The kill switch is down" in capsys.readouterr().err
    assert unhalt(["--reason", "all is well"]) == 0
    assert str(tmp_path / "home" / "mine") in capsys.readouterr().out


WRONG = {
    "relative": ("state", "depends on the folder"),
    "relative with a dot": ("./state", "depends on the folder"),
    "in double quotes": ('"/tmp/x"', "quotes"),
    "in single quotes": ("'~/x'", "quotes"),
    "half a quote": ('/tmp/x"', "quotes"),
    "two lines": ("/tmp/x\n/tmp/y", "line break"),
    "a carriage return": ("/tmp/x\r", "line break"),
    "no visible character": ("/tmp/x\u200b", "cannot be seen"),
    "bytes that are no text": ("/tmp/x\udcff", "cannot be seen"),
    "a blank at its end": ("/tmp/x ", "blank"),
    "only blanks": ("  ", "blank"),
    "a variable": ("$HOME/x", "variable"),
    "a variable inside": ("/home/${USER}/x", "variable"),
    "nobody's home": ("~nobody-of-this-name/x", "is not known"),
    "a drive": (r"C:\tribunal", "depends on the folder"),
    "an address": ("file:///tmp/x", "depends on the folder"),
}


@pytest.mark.parametrize(("value", "why"), WRONG.values(), ids=WRONG)
def test_what_is_no_whole_path_is_refused_with_its_fault(value: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, value)
    for look in (state_folder, load_secrets):
        with pytest.raises(UsageFault, match=why):
            look()


@pytest.mark.parametrize("value", ["state", '"/tmp/x"', "/tmp/x\n", "$HOME/x"])
def test_halt_unhalt_and_run_refuse_alike_and_leave_nothing_behind(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    before = set(tmp_path.rglob("*"))
    assert halt(["--reason", "stop"]) == 2
    assert capsys.readouterr().err.startswith("NOT HALTED")
    assert unhalt(["--reason", "go on"]) == 2
    assert run(tmp_path / "run", "--days", "1") == 2
    assert VARIABLE in capsys.readouterr().err
    assert set(tmp_path.rglob("*")) == before


def _a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("in the way")
    return tmp_path / "file"


@pytest.mark.parametrize("below", ["", "state"], ids=["a file", "below a file"])
def test_a_file_in_its_place_is_refused_alike(
    below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, str(_a_file(tmp_path) / below))
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", "ab" * 32)
    assert halt([]) == unhalt(["--reason", "x"]) == run(tmp_path / "run", "--days", "1") == OutputFault.exit_code
    assert not (tmp_path / "run").exists()
    assert "NOT HALTED" in capsys.readouterr().err


def test_a_link_to_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "link"))
    with pytest.raises(OutputFault, match="link is not a folder"):
        load_secrets()


@pytest.mark.slow
def test_a_folder_that_this_user_cannot_write_is_refused_alike(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    state.chmod(0o500)
    with_key = {**os.environ, VARIABLE: str(state), "TRIBUNAL_JOURNAL_KEY": "ab" * 32, "PYTHONPATH": str(ROOT)}
    for module, *line in (["agents.halt"], ["agents.unhalt", "--reason", "x"], ["agents.run", "--days", "1"]):
        done = subprocess.run(
            [sys.executable, "-m", module, *line], cwd=tmp_path, env=with_key, capture_output=True, text=True, timeout=300,
            check=False, preexec_fn=lambda: ctypes.CDLL(None).prctl(24, 1, 0, 0, 0),
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (OutputFault.exit_code, "")
        assert f"{state} cannot be written" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_name_that_is_too_long_for_the_disk_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/" + "x" * 5000)
    with pytest.raises(OutputFault, match="names"):
        state_folder()


ENV_FILES: dict[str, Callable[[str], bytes]] = {
    "plain": lambda path: f"{VARIABLE}={path}\n".encode(),
    "exported": lambda path: f"export {VARIABLE}={path}\n".encode(),
    "in single quotes": lambda path: f"{VARIABLE}='{path}'\n".encode(),
    "in double quotes": lambda path: f'{VARIABLE} = "{path}"  # mine\n'.encode(),
    "with a byte order mark": lambda path: f"{VARIABLE}={path}\n".encode("utf-8-sig"),
    "with lines of Windows": lambda path: f"A=1\r\n{VARIABLE}={path}\r\n".encode(),
    "in small letters": lambda path: f"{VARIABLE.lower()}={path}\n".encode(),
    "twice the same": lambda path: f"{VARIABLE}={path}\n{VARIABLE}={path}\n".encode(),
    "with a variable of its own": lambda path: f"BASE={path}\n{VARIABLE}=${{BASE}}\n".encode(),
    "after a comment on it": lambda path: f"# {VARIABLE}=relative\n{VARIABLE}={path}\n".encode(),
}


@pytest.mark.parametrize("written", ENV_FILES.values(), ids=ENV_FILES)
def test_the_folder_in_an_env_file_is_found_however_it_is_written(
    written: Callable[[str], bytes], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_bytes(written(str(tmp_path / "mine")))
    assert state_folder() == state_dir(load_secrets()) == tmp_path / "mine"


BAD_FILES = {
    "UTF-16": f"{VARIABLE}=/tmp/x\n".encode("utf-16"),
    "UTF-16 without its mark": f"{VARIABLE}=/tmp/x\n".encode("utf-16-le"),
    "UTF-32": f"{VARIABLE}=/tmp/x\n".encode("utf-32"),
    "Latin-1": f"{VARIABLE}=/tmp/\u00e9\n".encode("latin-1"),
    "a NUL": f"{VARIABLE}=/tmp/x\0y\n".encode(),
    "relative": f"{VARIABLE}=state\n".encode(),
    "an escaped line break": f'{VARIABLE}="/tmp/x\\ny"\n'.encode(),
    "a colon": f"{VARIABLE}: /tmp/x\n".encode(),
    "of Windows": f"set {VARIABLE}=/tmp/x\n".encode(),
    "a quote that never ends": f"{VARIABLE}='/tmp/x\n".encode(),
    "two folders": f"{VARIABLE}=/tmp/x\n{VARIABLE}=/tmp/y\n".encode(),
    "two spellings": f"{VARIABLE}=/tmp/x\n{VARIABLE.lower()}=/tmp/y\n".encode(),
}


@pytest.mark.parametrize("raw", BAD_FILES.values(), ids=BAD_FILES)
def test_an_env_file_that_does_not_name_one_folder_is_refused_by_halt_and_run_alike(
    raw: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_bytes(raw)
    assert halt([]) == unhalt(["--reason", "x"]) == run(tmp_path / "run", "--days", "1") == UsageFault.exit_code
    assert capsys.readouterr().err.startswith("NOT HALTED")
    with pytest.raises(TribunalError):
        state_folder()


def test_two_spellings_of_the_variable_that_differ_are_refused_and_an_empty_one_counts_as_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setenv(VARIABLE.lower(), str(tmp_path / "low"))
    assert state_folder() == state_dir(load_secrets()) == tmp_path / "low"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "high"))
    with pytest.raises(UsageFault, match="2 times"):
        load_secrets()


def test_a_folder_named_env_is_no_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert env_text(tmp_path / ".env") == ""
    assert state_folder() == state_dir(load_secrets())
