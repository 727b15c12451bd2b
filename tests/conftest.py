"""What every test gets: no network but loopback, the shared data folder, a deterministic hypothesis, files that lie in memory."""

import gc
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from decimal import localcontext
from pathlib import Path
from typing import Any

import pytest
from fault_table import pytest_terminal_summary  # noqa: F401 - a hook of pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "house", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

MEMORY, ROOM_BYTES = Path("/dev/shm"), 4 * 2**30
"""Files in memory, and how much of it must be free: a whole run writes some hundred MB. A journal waits for the disk at each
commit, which took as long as all else that its tests do. What they prove of kill -9 or of a full disk is the same there."""

if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

gc.disable()  # nothing that is collected is garbage


def pytest_collection_finish() -> None:
    """Thousands of tests, which live as long as the run, are not looked through for garbage again and again."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is marked `long` is slow."""
    for item in items:
        if item.get_closest_marker("long") is not None:
            item.add_marker(pytest.mark.slow)


SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def _no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are as wide as where nothing is said: pytest-xdist says COLUMNS to its workers."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture(autouse=True)
def _own_decimals() -> Iterator[None]:
    """What a test computes exactly does not hang on the test before it: bare clients of ccxt change how their thread rounds."""
    with localcontext():
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recorded data beside the repository; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder of real data (../shared/data), which is not here")
    return SHARED


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A real PostgreSQL server for the whole run; tests that need it skip where none can be started."""
    from postgres_server import Unavailable, served

    try:
        with served() as server:
            yield server
    except Unavailable as fault:
        pytest.skip(str(fault))


@pytest.fixture
def database(postgres: Any) -> Any:
    """The tables of journals in a schema of the test's own, on that server."""
    from postgres_server import Database

    return Database(postgres)


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anything but this machine is a failure, not a wait."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    return


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal key and everything else that the user keeps lies in a folder of the test's own."""
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))
    for name in [key for key in os.environ if key.startswith("TRIBUNAL_") and key != "TRIBUNAL_STATE_DIR"]:
        monkeypatch.delenv(name)
