"""The server: in a thread and a loop of its own, it takes no signal and no port that somebody else has."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from config.errors import UsageFault
from config.frozen import Frozen

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
DEFAULT_PORT = 8420
_STOP_S = 3.0


class Place(Frozen):
    """Where is served: address, port (0 for any), the name of a proxy before it, certificate and key for TLS."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    proxy: str | None = None
    certificate: str | None = None
    key: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether others than this machine may reach it."""
        return self.host not in LOOPBACK or self.proxy is not None

    @property
    def is_secure(self) -> bool:
        """Whether it is reached by https alone."""
        return self.certificate is not None or self.proxy is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The names beside loopback by which it may be asked."""
        own = () if self.host in (*LOOPBACK, "0.0.0.0", "::") else (self.host,)
        return (*own, *(() if self.proxy is None else (self.proxy.partition(":")[0],)))


class _Server(uvicorn.Server):
    """Leaves signals to the session."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Serving:
    """A context manager while which an application is served. `make` gets what says whether streams are to end; `has_lifespan`:
    the application is told when it begins and ends."""

    def __init__(
        self, make: Callable[[Callable[[], bool]], ASGIApp], place: Place, *, has_lifespan: bool = False
    ) -> None:
        self._place = place
        self._socket = _bound(place)
        config = uvicorn.Config(
            make(lambda: self._server.should_exit),
            log_config=None,
            access_log=False,
            lifespan="on" if has_lifespan else "off",
            timeout_graceful_shutdown=1,
            server_header=False,
            proxy_headers=False,
            ssl_certfile=place.certificate,
            ssl_keyfile=place.key,
        )
        self._server = _Server(config)
        self._thread = Thread(target=self._work, name="serve", daemon=True)

    @property
    def address(self) -> str:
        """What to open in a browser."""
        port = self._socket.getsockname()[1]
        host = f"[{self._place.host}]" if ":" in self._place.host else self._place.host
        return f"{'https' if self._place.certificate else 'http'}://{host}:{port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(_STOP_S)
        self._socket.close()

    def _work(self) -> None:
        with contextlib.suppress(OSError, SystemExit):
            asyncio.run(self._server.serve([self._socket]))


def _bound(place: Place) -> socket.socket:
    """The socket of the server. Raises UsageFault for a port that somebody else has, and for a certificate that is not there."""
    for file in (place.certificate, place.key):
        if file is not None and not Path(file).is_file():
            raise UsageFault(f"There is no file {file}. Nothing was served. Name the certificate and its key.")
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((place.host, place.port))
        made.listen(128)
    except OSError as fault:
        made.close()
        raise UsageFault(
            f"{place.host}:{place.port} cannot be served ({fault.strerror}): another program has it, or it is not an address of "
            "this machine. Nothing was served there; give another port."
        ) from fault
    return made
