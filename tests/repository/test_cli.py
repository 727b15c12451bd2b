"""The console script finds its commands without loading them."""

import subprocess
import sys
from pathlib import Path

import pytest

from ops.commands import cli


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in cli.BY_NAME)


def test_no_command_is_a_usage_fault_answered_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "commands:" in capsys.readouterr().err


def test_an_unknown_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replya"]) == 2
    assert "Did you mean `tribunal replay`?" in capsys.readouterr().err
    assert cli.main(["xyz"]) == 2
    assert f"Known are {', '.join(cli.BY_NAME)}." in capsys.readouterr().err


def test_the_old_name_of_a_command_warns_and_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["resume", "--reason", "the feed is back"]) == 0
    told = capsys.readouterr()
    assert told.err == "`tribunal resume` is now `tribunal unhalt`; it was run.\n"
    assert told.out == "There was no such latch.\n"


def test_arguments_and_exit_code_are_those_of_the_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["check", "--profile", "papr"]) == 2
    assert "did you mean paper?" in capsys.readouterr().err
    assert cli.main(["check", "--json"]) == 0
    assert '"profile": "paper"' in capsys.readouterr().out


def test_help_imports_no_room() -> None:
    code = (
        "import sys; from ops.commands.cli import main; main(['--help']); "
        "print(*[name for name in sys.modules if name in {'pydantic', 'numpy', 'yaml', 'agents.run', 'config.settings'}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.splitlines()[-1] == ""
