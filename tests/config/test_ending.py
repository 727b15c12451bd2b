"""How a command ends: each fault with its code and one sentence, Ctrl-C with 130, and a closed pipe without a word."""

import errno
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from config import errors
from config.ending import INTERRUPTED, ended
from config.errors import TribunalError

ROOT = Path(__file__).resolve().parents[2]
FAULTS = [
    found
    for found in vars(errors).values()
    if isinstance(found, type) and issubclass(found, TribunalError) and found is not TribunalError
]


@pytest.mark.parametrize("code", [0, 1, 2, 10])
def test_a_command_that_ends_by_itself_ends_with_its_own_code(code: int) -> None:
    assert ended(lambda: code, "stopped") == code


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.__name__ for fault in FAULTS])
def test_each_fault_ends_with_its_code_and_its_sentence_alone(
    fault: type[TribunalError], capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> int:
        raise fault("It broke. Nothing was started. Mend it.")

    assert ended(work, "stopped") == fault.exit_code != 0
    assert capsys.readouterr().err == "It broke. Nothing was started. Mend it.\n"


def test_the_reactions_have_codes_that_tell_them_apart_and_none_is_that_of_a_shell() -> None:
    codes = [fault.exit_code for fault in FAULTS]
    assert len(set(codes)) == len(codes) > 3
    assert all(1 < code < 126 for code in codes)


def test_ctrl_c_is_told_in_the_commands_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        raise KeyboardInterrupt

    assert ended(work, "Stopped; the journal is whole.") == INTERRUPTED == 130
    assert capsys.readouterr().err == "Stopped; the journal is whole.\n"


def test_a_fault_that_nobody_foresaw_is_not_swallowed() -> None:
    def work() -> int:
        raise ZeroDivisionError("one over nothing")

    with pytest.raises(ZeroDivisionError):
        ended(work, "stopped")


def test_a_fault_of_the_disk_that_is_not_stdout_is_not_swallowed() -> None:
    def work() -> int:
        raise OSError(errno.EACCES, "no")

    with pytest.raises(OSError, match="no"):
        ended(work, "stopped")


def test_a_full_disk_behind_a_file_is_told_with_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        raise OSError(errno.ENOSPC, "no space", "here.json")

    assert ended(work, "stopped") == errors.OutputFault.exit_code
    assert "here.json cannot be written" in capsys.readouterr().err


SAYS_MUCH = """
import sys
from config.ending import ended

def work():
    for number in range(200_000):
        sys.stdout.write(f"line {number}\\n")
    return 0

sys.exit(ended(work, "stopped"))
"""


def test_a_reader_that_goes_away_is_no_fault() -> None:
    with subprocess.Popen([sys.executable, "-c", SAYS_MUCH], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"line 0\n"
        running.stdout.close()
        assert running.stderr is not None
        assert running.stderr.read() == b""
        assert running.wait(timeout=300) == 0


def test_a_full_disk_behind_stdout_is_told_and_has_a_code() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", SAYS_MUCH], stdout=full, stderr=subprocess.PIPE, text=True, timeout=300, check=False
        )
    assert done.returncode == errors.OutputFault.exit_code
    assert "The disk behind stdout is full" in done.stderr
    assert "Traceback" not in done.stderr


DOES = """
import pathlib, sys
from config.ending import ended

def work():
    for number in range({lines}):
        sys.stdout.write(f"line {{number}}\\n")
        sys.stderr.write(f"progress {{number}}\\n")
    pathlib.Path({done!r}).write_text("all of it")
    return {code}

sys.exit(ended(work, "stopped"))
"""


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("code", [0, 1])
def test_a_stream_that_was_closed_before_ends_nothing_and_changes_no_code(
    closed: str, code: int, tmp_path: Path
) -> None:
    script, done = tmp_path / "does.py", tmp_path / "done"
    script.write_text(DOES.format(lines=3, done=str(done), code=code))
    shell = f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} {closed}"
    ran = subprocess.run(shell, shell=True, cwd=ROOT, env=_environment(), capture_output=True, timeout=300, check=False)
    assert ran.returncode == code
    assert done.read_text() == "all of it", "no line may land in a file that took the number of a closed stream"
    assert b"Traceback" not in ran.stderr


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_the_work_goes_on_when_the_reader_of_either_stream_has_gone(stream: str, tmp_path: Path) -> None:
    done = tmp_path / "done"
    with subprocess.Popen(
        [sys.executable, "-c", DOES.format(lines=50_000, done=str(done), code=1)],
        stdout=subprocess.PIPE if stream == "stdout" else subprocess.DEVNULL,
        stderr=subprocess.PIPE if stream == "stderr" else subprocess.DEVNULL,
    ) as running:
        pipe = running.stdout or running.stderr
        assert pipe is not None
        assert pipe.readline()
        pipe.close()
        assert running.wait(timeout=300) == 1
    assert done.read_text() == "all of it"


def test_the_work_goes_on_when_the_disk_behind_stdout_is_full(tmp_path: Path) -> None:
    done = tmp_path / "done"
    with open("/dev/full", "w") as full:
        ran = subprocess.run(
            [sys.executable, "-c", DOES.format(lines=50_000, done=str(done), code=0)],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=300, check=False,
        )  # fmt: skip
    assert ran.returncode == errors.OutputFault.exit_code
    assert done.read_text() == "all of it"
    assert ran.stderr.count("The disk behind stdout is full") == 1


@pytest.mark.parametrize(
    ("encoding", "printed"), [("utf-8", b"\xe2\x94\x82 \xff\n"), ("ascii", b"? ?\n"), ("latin-1", b"? ?\n")]
)
def test_what_a_terminal_cannot_show_is_replaced_and_a_path_keeps_its_bytes(encoding: str, printed: bytes) -> None:
    code = "import sys; from config.ending import ended; sys.exit(ended(lambda: sys.stdout.write('\\u2502 \\udcff\\n') * 0, ''))"
    environment = {**_environment(), "PYTHONIOENCODING": encoding}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, timeout=300, check=True)
    assert ran.stdout == printed


def test_the_streams_of_a_caller_are_left_as_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    assert ended(lambda: print("said") or 0, "stopped") == 0
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr().out == "said\n"


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}
