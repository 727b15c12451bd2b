"""What `tribunal serve` does: it keeps the window on a run open until Ctrl-C; or it sets the password, or makes a token."""

import argparse
import getpass
import sys
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from agents.records.folder import journal_of
from agents.records.reading import refuse_other_key
from config.errors import UsageFault
from config.secrets import journal_key, load_secrets, state_dir
from execution.journal.chain import holds_nothing
from execution.journal.stores.pointer import POINTER
from ops.live.needed import INSTALL

if TYPE_CHECKING:
    from ops.live.auth.operator import Scope

_RUNS = Path("runs")


def serve_command(arguments: argparse.Namespace, stop: Event | None = None) -> int:
    """Serve until `stop`, or a signal; returns the exit code. Raises TribunalError."""
    try:
        from ops.live.opened import beside
        from ops.live.web.server import DEFAULT_PORT, Place
    except ModuleNotFoundError as missing:
        raise UsageFault(f"{INSTALL} Nothing was served.") from missing
    if arguments.set_password:
        return _set_password()
    if arguments.new_token is not None:
        return _new_token(arguments.new_token, arguments.scope)
    folder = Path(arguments.run) if arguments.run is not None else _newest()
    key, journal = journal_key(), journal_of(folder)
    if not holds_nothing(journal):  # the window waits for it in words
        refuse_other_key(journal, key)
    certificate, secret = arguments.tls or (None, None)
    place = Place(
        host=arguments.host,
        port=DEFAULT_PORT if arguments.port is None else _port(arguments.port),
        proxy=arguments.behind_proxy,
        certificate=certificate,
        key=secret,
    )
    with beside(folder, journal, key, place) as serving:
        if not arguments.quiet:
            sys.stderr.write(f"{folder} is shown at {serving.address} (Ctrl-C ends it)\n")
        try:
            (stop or Event()).wait()
        except KeyboardInterrupt:
            sys.stderr.write("\n")
    return 0


def _port(given: int) -> int:
    if not 0 <= given <= 65535:
        raise UsageFault(f"{given} is no port. Nothing was served. Give a number from 0 to 65535.")
    return given


def _newest() -> Path:
    """The run that began last."""
    found = [file for name in ("journal.db", POINTER) for file in _RUNS.glob(f"*/{name}")]
    if not found:
        raise UsageFault("There is no run in runs/. Nothing was served. Name the folder of one.")
    return max(found, key=lambda file: file.stat().st_ctime).parent


def _set_password() -> int:
    from ops.live.auth.operator import keep_operator, read_operator

    state = state_dir(load_secrets())
    before = read_operator(state)
    if sys.stdin.isatty():
        first = getpass.getpass("New password of the operator: ")
        if first != getpass.getpass("Once more: "):
            raise UsageFault("The two are not the same. Nothing was kept. Try again.")
    else:
        first = sys.stdin.readline().rstrip("\n")
    file = keep_operator(state, before.with_password(first))
    sys.stderr.write(f"The hash of the password is kept in {file}. Servers that run take it when they start again.\n")
    return 0


def _new_token(name: str, scope: "Scope") -> int:
    from ops.live.auth.operator import keep_operator, read_operator

    state = state_dir(load_secrets())
    operator, token = read_operator(state).with_token(name, scope)
    file = keep_operator(state, operator)
    sys.stdout.write(f"{token}\n")
    sys.stderr.write(
        f"This is the token {name!r} ({scope}). It is not shown again: {file} holds its hash. Send it as `Authorization: Bearer "
        "TOKEN`.\n"
    )
    return 0
