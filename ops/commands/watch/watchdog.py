"""What `tribunal watchdog` does: it looks at heartbeats every second, and tells what it finds to channels and on stderr."""

import argparse
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from agents.records.folder import REQUEST, journal_of
from config.clock import SystemClock
from config.errors import UsageFault
from config.secrets import load_secrets
from execution.kill_switch.latch import ALL
from ops.live.woken.guarding import Guarded
from ops.live.woken.notice import Notice
from ops.live.woken.opening import channels_of, kept_routes, teller
from ops.live.woken.routes import routes_of
from ops.live.woken.switching import put_down

WHO = "watchdog"
_EVERY_S = 1.0
_LAST_S = 5.0


def watchdog_command(arguments: argparse.Namespace) -> int:
    """Watch until all runs have ended; returns the exit code. Raises UsageFault, KeyboardInterrupt."""
    if not arguments.silent > 0:
        raise UsageFault(f"--silent must be above 0 s, got {arguments.silent:g}. Nothing is watched.")
    folders = [_run(text) for text in arguments.runs]
    routes = routes_of(arguments.alert, kept_routes(load_secrets()))
    say = teller(sys.stderr)
    if not routes:
        say("There is no route for alerts: what is found is told here alone (docs/alerts.md).")
    channels = channels_of(routes, WHO, sys.stderr)
    guarded = [Guarded(folder, arguments.silent, _halt if arguments.halt else None) for folder in folders]
    signal.signal(signal.SIGTERM, _interrupt)
    for channel in channels:
        channel.start()
    if not arguments.quiet:
        say(f"Watching {', '.join(folder.name for folder in folders)}; {len(routes)} routes.")
    try:
        while not all(each.is_over for each in guarded):
            now = SystemClock().now()
            told: list[Notice] = [found for each in guarded for found in each.look(now)]
            for found in told:
                say(f"{found.title}: {found.body(shows_amounts=True)}")
                for channel in channels:
                    channel.put(found)
            time.sleep(_EVERY_S)
    finally:
        for channel in channels:
            if lost := channel.finish(_LAST_S):
                say(f"{lost} alerts were not sent to {channel.name}.")
    if not arguments.quiet:
        say("All runs have come to their end.")
    return 0


def _run(text: str) -> Path:
    folder = Path(text)
    if not (journal_of(folder).exists() or (folder / REQUEST).exists()):
        raise UsageFault(
            f"{text} is no folder of a run. Nothing is watched. Start the session first, then its watchdog."
        )
    return folder


def _halt(profile: str, why: str) -> None:
    """The kill switch, for a profile or for all. Raises OSError, UsageFault, OutputFault."""
    put_down(profile or ALL, WHO, why, SystemClock())


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
