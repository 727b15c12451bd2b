"""What `tribunal doctor` does: it has everything looked at, prints what was found, and names the one thing to mend next."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from agents.desk.request import BarsRequest, WorldRequest
from ops.commands.requests import settings_asked, venues_asked
from ops.health.examination import Examination, examine
from ops.health.finding import Finding, State
from ops.tables.grid import Grid, open_console, wrapped


def doctor_command(arguments: argparse.Namespace, out: TextIO | None = None) -> int:
    """Look and tell; returns the exit code. Raises UsageFault for options that cannot be read."""
    stream = out or sys.stdout
    copy = None if arguments.key_backup is None else Path(arguments.key_backup)
    examined = examine(_asked(arguments), copy)
    ills = [each for each in examined.findings if each.state is State.MEND]
    if arguments.json:
        stream.write(json.dumps(_document(examined, ills), indent=2) + "\n")
    else:
        _print(examined, ills, stream)
    return 1 if ills else 0


def _asked(arguments: argparse.Namespace) -> WorldRequest:
    """The world of these options, as `tribunal run` would be asked for it."""
    asked = settings_asked(arguments.set)
    own = venues_asked(str(arguments.profile), asked, arguments.venue_url)
    return WorldRequest(
        profile=arguments.profile,
        overrides=asked | own,
        bars=BarsRequest(symbols=tuple(arguments.symbols) if arguments.symbols else None, feed_url=arguments.feed_url),
        feed=arguments.feed,
        mind=arguments.mind,
        model=arguments.model,
    )


def grid(findings: Sequence[Finding], title: str) -> Grid:
    """The table of findings."""
    rows = tuple((each.check, each.state.value, each.sentence) for each in findings)
    return Grid(title, ("check", "state", "what was found"), rows, left=2, prose=(2,))


def _print(examined: Examination, ills: Sequence[Finding], out: TextIO) -> None:
    console = open_console(out, piped=80)
    console.print(grid(examined.findings, f"before trading with the profile {examined.profile or '?'}").table())
    console.print("\n".join(wrapped(_last_word(examined, ills), console.width)))


def _last_word(examined: Examination, ills: Sequence[Finding]) -> str:
    """What the user is to do next."""
    if ills:
        more = f" ({len(ills) - 1} more above)" if ills[1:] else ""
        return f"Mend next: {ills[0].check}{more}. {ills[0].sentence}"
    open_ones = ", ".join(each.check for each in examined.findings if each.state is State.NOT_ASKED)
    return "Nothing is to be mended." + (f" Not asked: {open_ones}." if open_ones else "")


def _document(examined: Examination, ills: Sequence[Finding]) -> dict[str, object]:
    return {
        "profile": examined.profile,
        "checks": [each._asdict() for each in examined.findings],
        "next": ills[0]._asdict() if ills else None,
    }
