"""A window is opened: beside a journal, or inside a session that does not wait for it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from starlette.types import ASGIApp

from agents.approval.box import Petitions
from config.clock import SystemClock
from config.errors import UsageFault
from config.secrets import load_secrets, state_dir
from ops.live.auth.access import Access
from ops.live.auth.operator import Operator, read_operator
from ops.live.following.handover import Handover
from ops.live.following.tail import Tail
from ops.live.following.window import Window
from ops.live.web.app import application
from ops.live.web.server import Place, Serving
from ops.live.web.source import Source


def operator_of_user() -> Operator:
    """The operator as the environment and the state folder have him. Raises UsageFault, OutputFault."""
    secrets = load_secrets()
    given = secrets.operator_hash
    return read_operator(state_dir(secrets), None if given is None else given.get_secret_value())


def refuse_without_password(place: Place, operator: Operator) -> None:
    """Raise UsageFault for an address that others may reach without a password, or without TLS before it."""
    if not place.is_open:
        return
    if operator.password_hash is None:
        raise UsageFault(
            "Others than this machine could reach this address, and no password is set. Nothing was served. Set one with "
            "`tribunal serve --set-password`."
        )
    if not place.is_secure:
        raise UsageFault(
            f"{place.host} can be reached from outside, and a password would cross the network in plain. Nothing was served. "
            "Name the proxy that speaks TLS before it (--behind-proxy HOST), or give --tls CERTIFICATE KEY."
        )


@contextmanager
def beside(folder: Path, journal: Path, key: bytes, place: Place) -> Iterator[Serving]:
    """Serve a run whose journal somebody else writes, or has written. Raises UsageFault."""
    operator = operator_of_user()
    refuse_without_password(place, operator)
    window = Window(folder.resolve().name)
    with (
        Tail(window, journal, key),
        Serving(_maker(window, journal, key, place, operator), place) as serving,
        _attended(folder, operator),
    ):
        yield serving


@contextmanager
def inside(
    folder: Path, journal: Path, key: bytes, place: Place, is_past: Callable[[], bool]
) -> Iterator[tuple[Serving, Handover]]:
    """Serve a session of this process: the handover is one of its listeners. Raises UsageFault."""
    operator = operator_of_user()
    refuse_without_password(place, operator)
    window = Window(folder.resolve().name)
    serving = Serving(_maker(window, journal, key, place, operator), place)
    with Handover(window, journal, key, is_past=is_past) as handover, serving, _attended(folder, operator):
        yield serving, handover


def _attended(folder: Path, operator: Operator) -> AbstractContextManager[None]:
    """A block while which a session asks for approval on the page, if anybody may answer there."""
    return Petitions(folder).attended("page") if operator.may_steer else nullcontext()


def _maker(
    window: Window, journal: Path, key: bytes, place: Place, operator: Operator
) -> Callable[[Callable[[], bool]], ASGIApp]:
    clock = SystemClock()
    access = Access(operator, clock, guests_read=not place.is_open)

    def make(is_closing: Callable[[], bool]) -> ASGIApp:
        source = Source(window, journal, key)
        return application(
            source, access, clock, hosts=place.names, is_secure=place.is_secure, is_closing=is_closing
        )  # fmt: skip

    return make
