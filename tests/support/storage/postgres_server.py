"""A real PostgreSQL server of the test's own: Debian's binaries, a folder of its own, a Unix socket and no port.

One server serves a whole test run and each test has a schema of its own. Root cannot run PostgreSQL, so as root the server is the
user `postgres`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

OWNER = "tribunal"
_SCHEMAS = count(1)


def _tell(processes: list[int], number: signal.Signals) -> None:
    """Send a signal to processes, some of which may be gone."""
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


class Unavailable(Exception):
    """No server can be started here; the text says why."""


def binaries() -> Path:
    """The folder of `initdb` and `pg_ctl`. Raises Unavailable."""
    there = [Path(found).resolve().parent for name in ("pg_ctl",) if (found := shutil.which(name))]
    there += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -int(folder.parent.name))
    for folder in there:
        if (folder / "initdb").exists():
            return folder
    raise Unavailable("needs PostgreSQL's server (apt-get install postgresql), which is not installed here")


def _weaker() -> dict[str, Any]:
    """Options of `subprocess` that run something as a user who may run PostgreSQL. Raises Unavailable."""
    if os.geteuid() != 0:
        return {}
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise Unavailable("root cannot run PostgreSQL, and there is no user `postgres`") from None
    return {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": "/"}


class Server:
    """A server in a folder. `fsync`: whether what it commits survives a power cut, which only measurements need."""

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        """Make its data. Raises Unavailable."""
        self._bin, self._as = binaries(), _weaker()
        self.folder, self._data = folder, folder / "data"
        self._fsync = "on" if fsync else "off"
        if self._as:
            shutil.chown(folder, "postgres", "postgres")
        self._run(
            "initdb",
            "-A",
            "trust",
            "-U",
            OWNER,
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
            *(() if fsync else ("--wal-segsize=1",)),
        )

    def start(self, *, within_s: float = 20.0) -> None:
        """Start it, also after it was killed: the processes of the dead one may need a moment to go."""
        options = f"-c listen_addresses='' -k {self.folder} -c fsync={self._fsync} -c max_connections=40"
        until = time.monotonic() + within_s
        while True:
            try:
                self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")
            except subprocess.CalledProcessError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    @property
    def pid(self) -> int:
        return int((self._data / "postmaster.pid").read_text().splitlines()[0])

    def backends(self) -> list[int]:
        """The processes of the server, its first one left out."""
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.pid)], capture_output=True, text=True)
        return [int(pid) for pid in found.stdout.split()]

    def kill(self) -> None:
        """`kill -9` of every process of the server."""
        _tell([self.pid, *self.backends()], signal.SIGKILL)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server lives and answers nobody."""
        processes = [self.pid, *self.backends()]
        _tell(processes, signal.SIGSTOP)
        try:
            yield
        finally:
            _tell(processes, signal.SIGCONT)

    def limit_files(self, most: str) -> None:
        """How large a file of the server may become [bytes]; a later process of it has the same limit."""
        first = self.pid
        for pid in (first, *self.backends()):  # the others come and go
            command = ["prlimit", f"--pid={pid}", f"--fsize={most}:"]
            subprocess.run(command, check=pid == first, capture_output=True, timeout=10, **self._as)

    @contextmanager
    def away(self) -> Iterator[None]:
        """The server is killed, and started again at the end."""
        self.kill()
        try:
            yield
        finally:
            self.start()

    def url(self, schema: str = "public", user: str = OWNER) -> str:
        """The database as a profile names it."""
        options = quote(f"-csearch_path={schema}")
        return f"postgresql+psycopg://{user}@/postgres?host={self.folder}&options={options}"

    def admin(self, schema: str = "public") -> Any:
        """A connection with all rights; each statement is its own transaction."""
        import psycopg  # an extra

        return psycopg.connect(
            host=str(self.folder), user=OWNER, dbname="postgres", autocommit=True, options=f"-csearch_path={schema}"
        )

    def new_schema(self) -> str:
        """The name of a schema of its own."""
        name = f"t{os.getpid()}_{next(_SCHEMAS)}"
        with self.admin() as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return name

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), "-D", str(self._data), *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=60, **self._as)


@contextmanager
def served(*, fsync: bool = False) -> Iterator[Server]:
    """A running server that is gone at the end. Raises Unavailable."""
    binaries()
    folder = Path(tempfile.mkdtemp(prefix="tribunal-pg-", dir="/var/tmp"))
    try:
        server = Server(folder, fsync=fsync)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Database:
    """A schema with the tables of journals, on a server."""

    def __init__(self, server: Server) -> None:
        from execution.journal.stores.postgres.preparing import prepare

        self.server, self.schema = server, server.new_schema()
        self.url = server.url(self.schema)
        prepare(self.url, None)

    def admin(self) -> Any:
        return self.server.admin(self.schema)
