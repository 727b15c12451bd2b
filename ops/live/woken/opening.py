"""Opens the alerts of a session: as its user has said by `--alert` and in the environment, or none."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from agents.desk.request import RunRequest
from agents.desk.world import ON_THE_CLOCK
from config.clock import SystemClock
from config.secrets import Secrets
from config.settings import Settings
from execution.journal.event import Listener
from ops.live.beating.heartbeat import Beating
from ops.live.woken.channel import Channel
from ops.live.woken.routes import Route, routes_of, secrets_of
from ops.live.woken.waking import Waking
from ops.terminal.stopping import StopSignals

Opened = Callable[[str], AbstractContextManager[tuple[Listener, ...]]]
"""Given the name of the run: a block while which its alerts are sent, and who listens to its events."""


def kept_routes(secrets: Secrets) -> str | None:
    """The routes that the environment keeps."""
    return None if secrets.alerts is None else secrets.alerts.get_secret_value()


def masked_values(secrets: Secrets) -> tuple[str, ...]:
    """What logs must not show: all secrets, and the tokens inside of the routes of alerts."""
    return (*secrets.values(), *secrets_of(kept_routes(secrets)))


def waking_of(request: RunRequest, settings: Settings, secrets: Secrets, stderr: TextIO) -> Opened:
    """The alerts of a session. The routes of the environment are for sessions on the clock, those that were typed for any. Raises
    UsageFault for a route that cannot be read."""
    kept = kept_routes(secrets) if settings.world in ON_THE_CLOCK and request.command == "run" else None
    routes = routes_of(request.alert, kept)

    @contextmanager
    def opened(run: str) -> Iterator[tuple[Listener, ...]]:
        if not routes:
            yield ()
            return
        with Waking(channels_of(routes, run, stderr), SystemClock(), teller(stderr)) as waking:
            yield (waking,)

    return opened


@contextmanager
def beating(settings: Settings, folder: Path, signals: StopSignals) -> Iterator[tuple[Listener, ...]]:
    """The heartbeat of a session on the clock; none for one that lives faster."""
    if settings.world not in ON_THE_CLOCK:
        yield ()
        return
    with Beating(folder, SystemClock()) as heart:
        signals.looked = heart.beat
        yield (heart,)


def channels_of(routes: tuple[Route, ...], run: str, stderr: TextIO) -> tuple[Channel, ...]:
    """A channel for each route."""
    return tuple(Channel(route, run, teller(stderr)) for route in routes)


def teller(stderr: TextIO) -> Callable[[str], None]:
    """What writes a line to stderr, and does not mind where that is closed."""

    def tell(text: str) -> None:
        with suppress(OSError, ValueError):
            stderr.write(f"\n{text}\n")
            stderr.flush()

    return tell
