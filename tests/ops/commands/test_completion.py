"""Completion: the script knows every command and every option, and a shell can read it."""

import shutil
import subprocess
from importlib import import_module

import pytest

from ops.commands import cli
from ops.commands.table import COMMANDS

pytest.importorskip("shtab", reason="it comes with the program: make test installs it")

ASK = """
eval "$1"; shift
COMP_WORDS=(tribunal "$@"); COMP_CWORD=$#
_shtab_tribunal tribunal "${!#}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(["--completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_knows_every_command_and_every_option(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = script(shell, capsys)
    for command in COMMANDS:
        assert command.name in text
        for action in import_module(command.module).parser()._actions:
            assert all(option.lstrip("-") in text for option in action.option_strings)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["wa"], ["walkforward", "watchdog"]),
        (["run", "--ti"], ["--timeframe"]),
        (["sweep", "--sampler", ""], ["grid", "tpe", "random"]),
    ],
)
def test_bash_completes_commands_options_and_choices(
    words: list[str], offered: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    done = subprocess.run(
        ["bash", "-c", ASK, "bash", script("bash", capsys), *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert done.stdout.split() == offered


def test_an_unknown_shell_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--completion", "nosh"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("--completion 'nosh' is none of bash, zsh, ")
