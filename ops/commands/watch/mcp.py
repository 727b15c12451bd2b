"""What `tribunal mcp` does: it follows the journal of a run, and answers other agents about it; where that was allowed, it leaves
their proposals in the mailbox of the session."""

import argparse
import sys
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from agents.records.folder import journal_of
from agents.records.reading import refuse_other_key
from config.clock import SystemClock
from config.errors import UsageFault
from config.logging import configure
from config.secrets import journal_key, load_secrets
from execution.journal.chain import holds_nothing
from ops.commands.switch_options import user
from ops.live.following.tail import Tail
from ops.live.following.window import Window
from ops.live.mcp.backtesting import Backtests
from ops.live.mcp.proposing import Proposing
from ops.live.mcp.tools import Tools
from ops.live.steering.giving import Steering
from ops.live.web.source import Source
from ops.live.woken.opening import masked_values

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

_INSTALL = (
    'The server needs packages that are not installed. Run: pip install "tribunal[mcp,serve]". Nothing was served.'
)


def mcp_command(arguments: argparse.Namespace, stop: Event | None = None) -> int:
    """Answer until the client has gone, or until `stop`; returns the exit code. Raises UsageFault, JournalFault."""
    folder = Path(arguments.run)
    key, journal = journal_key(), journal_of(folder)
    if not holds_nothing(journal):  # what the tools look at waits for it in words
        refuse_other_key(journal, key)
    secrets = load_secrets()
    configure(level=secrets.log_level, secrets=masked_values(secrets))
    window = Window(folder.resolve().name)
    proposing = None
    if arguments.allow_propose:
        clock = SystemClock()
        proposing = Proposing(Steering(folder, window, clock), clock, user())
    backtests = Backtests(None if arguments.files is None else Path(arguments.files))
    tools = Tools(Source(window, journal, key), backtests, proposing=proposing)
    try:
        from ops.live.mcp.server import LOOKING, PROPOSING, server_of

        server = server_of(tools, LOOKING if proposing is None else PROPOSING)
        if arguments.http is not None:
            return _over_http(arguments, window, journal, key, server, stop or Event())
    except ModuleNotFoundError as missing:
        raise UsageFault(_INSTALL) from missing
    with Tail(window, journal, key):
        server.run("stdio")
    return 0


def _over_http(
    arguments: argparse.Namespace, window: Window, journal: Path, key: bytes, server: "MCPServer[Any]", stop: Event
) -> int:
    from ops.live.auth.access import Access
    from ops.live.auth.operator import SCOPES
    from ops.live.mcp.door import PATH, application
    from ops.live.mcp.server import LOOKING, PROPOSING
    from ops.live.opened import operator_of_user
    from ops.live.web.server import Place, Serving

    if not 0 <= arguments.http <= 65535:
        raise UsageFault(f"{arguments.http} is no port. Nothing was served. Give a number from 0 to 65535.")
    operator = operator_of_user()
    offered = PROPOSING if arguments.allow_propose else LOOKING
    if not any(SCOPES[token.scope] <= offered for token in operator.tokens):
        raise UsageFault(
            f"There is no token of the scope `read`{' or `propose`' if arguments.allow_propose else ''}, so nobody could be let "
            "in. Nothing was served. Make one with `tribunal serve --new-token NAME`."
        )
    access = Access(operator, SystemClock(), guests_read=False)
    place = Place(port=arguments.http)
    with Tail(window, journal, key), Serving(application(server, access, offered), place, has_lifespan=True) as serving:
        if not arguments.quiet:
            sys.stderr.write(f"{arguments.run} is told at {serving.address.rstrip('/')}{PATH} (Ctrl-C ends it)\n")
        try:
            stop.wait()
        except KeyboardInterrupt:
            sys.stderr.write("\n")
    return 0
