"""The server of the protocol: it offers the table of tools, asks whether a caller may, and tells faults in words."""

import functools
import logging
from collections.abc import Callable
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent, ToolAnnotations

from config.errors import TribunalError
from config.version import version
from ops.live.mcp.marking import TooLarge
from ops.live.mcp.tools import BY_NAME, CALLER, TABLE, Tools, instructions
from ops.live.web.source import NotThere, NotYet

LOOKING = frozenset({"read"})
"""What is offered by default, and what whoever started the process may do over its standard input."""
PROPOSING = LOOKING | {"propose"}
"""The same where the operator has allowed proposals."""
ALLOWED, NAMED = "tribunal_allowed", "tribunal_named"
"""Where the door notes in a request what its token allows, and what it is called."""


def server_of(tools: Tools, offered: frozenset[str] = LOOKING) -> MCPServer[Any]:
    """The server of one session. `offered`: the scopes whose tools there are; a caller that did not come through the door has
    all of them."""
    logging.getLogger("mcp").setLevel(logging.ERROR)
    server: MCPServer[Any] = MCPServer(
        "tribunal",
        title="Tribunal",
        version=version(),
        instructions=instructions(offered),
        log_level="ERROR",
        middleware=(_Asked(offered),),
        subscriptions=False,
    )
    for tool in (each for each in TABLE if each.scope in offered):
        server.add_tool(
            _told(getattr(tools, tool.name)),
            annotations=ToolAnnotations(
                readOnlyHint=tool.only_looks,
                destructiveHint=False,
                idempotentHint=tool.is_idempotent,
                openWorldHint=False,
            ),
            structured_output=True,
        )
    return server


class _Asked:
    """Refuses a call whose caller lacks the scope of its tool."""

    def __init__(self, offered: frozenset[str]) -> None:
        self._offered = offered

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method == "tools/call":
            name = str((ctx.params or {}).get("name"))
            allowed = self._offered if ctx.request is None else ctx.request.scope.get(ALLOWED, frozenset())
            tool = BY_NAME.get(name)
            if tool is not None and tool.scope in self._offered - allowed:
                why = f"{name} needs a token of the scope {tool.scope!r}."
                return CallToolResult(content=[TextContent(type="text", text=why)], is_error=True)
            CALLER.set(None if ctx.request is None else ctx.request.scope.get(NAMED))
        return await call_next(ctx)


def _told(answer: Callable[..., Any]) -> Callable[..., Any]:
    """An answer whose faults are told to the caller in words; of any other error nothing but the tool's name."""

    @functools.wraps(answer)
    def told(*given: Any, **named: Any) -> Any:
        try:
            return answer(*given, **named)
        except NotYet as fault:
            raise ToolError(f"{fault} Ask again in a few seconds.") from None
        except NotThere:
            raise ToolError("No such decision is in the index. `decisions` finds those that are.") from None
        except TooLarge as fault:
            raise ToolError(f"Nothing is told: {fault}. `tribunal show` prints all of it.") from None
        except TribunalError as fault:
            raise ToolError(str(fault)) from None

    return told
