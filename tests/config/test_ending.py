"""How a command ends: each fault with its code and one sentence, Ctrl-C with 130, and a closed pipe without a word."""

import errno
import subprocess
import sys

import pytest

from config import errors
from config.ending import INTERRUPTED, ended
from config.errors import TribunalError

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
        assert running.wait(timeout=30) == 0


def test_a_full_disk_behind_stdout_is_told_and_has_a_code() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", SAYS_MUCH], stdout=full, stderr=subprocess.PIPE, text=True, timeout=30, check=False
        )
    assert done.returncode == errors.OutputFault.exit_code
    assert "The disk behind stdout is full" in done.stderr
    assert "Traceback" not in done.stderr
