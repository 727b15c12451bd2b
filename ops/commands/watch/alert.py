"""What `tribunal alert` does: it sends one test to each destination and says which took it, or lists the catalogue."""

import argparse
import json
import sys
from time import monotonic

from config.clock import SystemClock
from config.errors import UsageFault
from config.secrets import load_secrets
from ops.live.woken.catalogue import WAKES
from ops.live.woken.channel import Channel, Pace
from ops.live.woken.notice import notice
from ops.live.woken.opening import kept_routes
from ops.live.woken.routes import VARIABLE, Route, routes_of
from ops.tables.grid import Grid, open_console

_WAIT_S = 20.0
_TEXT = "This is the test that you asked for. Alerts of sessions come the same way."


def alert_command(arguments: argparse.Namespace) -> int:
    """Send or list; returns the exit code. Raises UsageFault."""
    if arguments.list:
        _list(as_json=arguments.json)
        return 0
    routes = routes_of(arguments.alert, kept_routes(load_secrets()))
    if not routes:
        raise UsageFault(
            f"There is no route. Nothing was sent. Set {VARIABLE}, in the environment or in .env, or give --alert "
            "(docs/alerts.md)."
        )
    found = [_try(route) for route in routes]
    if arguments.json:
        told = [{"destination": name, "took_it": took, "seconds": seconds} for name, took, seconds in found]
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        for name, took, seconds in found:
            words = (
                f"took the test after {seconds:.1f} s" if took else "DID NOT TAKE IT: look at its address and its token"
            )
            sys.stdout.write(f"{name}: {words}.\n")
    return 0 if all(took for _, took, _ in found) else 1


def _try(route: Route) -> tuple[str, bool, float]:
    channel = Channel(route, "test", lambda _: None, Pace(pause_s=0.5, longest_s=1.0))
    began = monotonic()
    channel.start()
    channel.put(notice("test", SystemClock().now(), _TEXT))
    channel.finish(_WAIT_S)
    return route.name, bool(channel.arrived), round(monotonic() - began, 2)


def _list(*, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps([wake._asdict() for wake in WAKES]) + "\n")
        return
    open_console(sys.stdout, piped=80).print(grid().table())


def grid() -> Grid:
    """The table of what wakes a person."""
    rows = tuple((wake.code, wake.severity, wake.what, wake.do) for wake in WAKES)
    return Grid("what wakes a person", ("code", "severity", "what happened", "what to do"), rows, left=2, prose=(2, 3))
