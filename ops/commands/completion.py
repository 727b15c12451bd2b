"""Completion of commands, options and file names in a shell, by shtab: a script that starts no Python at a Tab."""

import argparse
import importlib

import shtab

from ops.commands.table import COMMANDS

_FILES = ("PATH", "FILE", "DIR", "RUN", "STUDY")
"""What follows an option that takes a file or a folder begins with one of these."""


def script(shell: str) -> str:
    """The script for a shell of `shtab.SUPPORTED_SHELLS`."""
    return str(shtab.complete(_whole(), shell=shell))


def shells() -> tuple[str, ...]:
    """The shells that can be completed in."""
    return tuple(shtab.SUPPORTED_SHELLS)


def _whole() -> argparse.ArgumentParser:
    """All commands as the parts of one parser, which is only read."""
    whole = argparse.ArgumentParser(prog="tribunal")
    whole.add_argument("--version", action="store_true", help="show the version, and end")
    whole.add_argument("--completion", choices=shells(), help="print the completion script of a shell")
    parts = whole.add_subparsers()
    for command in COMMANDS:
        parse = importlib.import_module(command.module).parser()
        for action in parse._actions:
            if str(action.metavar or "").startswith(_FILES):
                action.complete = shtab.FILE
        parts.add_parser(command.name, help=command.what, parents=[parse], add_help=False, prog=parse.prog)
    return whole
