"""A command in a locale without UTF-8: it reads, writes and names files as anywhere, and prints what it can."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ASCII = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"}


def ran(arguments: list[str], cwd: Path, **ambient: str) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | ASCII | ambient
    return subprocess.run([sys.executable, *arguments], capture_output=True, cwd=cwd, env=environment, timeout=300)


@pytest.mark.parametrize("ambient", [{}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX"}])
def test_a_file_whose_name_is_not_ascii_is_read_in_any_locale(tmp_path: Path, ambient: dict[str, str]) -> None:
    (tmp_path / "профиль.yaml").write_text("extends: paper\n# ключ\nseed: 11\n", encoding="utf-8")
    done = ran(["-m", "config.check", "--profile", "профиль.yaml"], tmp_path, **ambient)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr


def test_a_program_that_calls_a_command_is_not_started_again_and_loses_only_what_cannot_be_shown(
    tmp_path: Path,
) -> None:
    program = (
        "import sys; from config.ending import ended; print('begun')\n"
        "sys.exit(ended(lambda: print('caf\\u00e9 \\u20bf') or 7, ''))"
    )
    done = ran(["-c", program], tmp_path)
    assert (done.returncode, done.stdout) == (7, b"begun\ncaf? ?\n")
