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
from ops.live.mcp.tools import BY_NAME, INSTRUCTIONS, TABLE, Tools
from ops.live.web.source import NotThere, NotYet

LOCAL = frozenset({"read"})
"""What whoever started the process may do over its standard input."""
ALLOWED = "tribunal_allowed"
"""Where the door notes in a request what its token allows."""


def server_of(tools: Tools, local: frozenset[str] = LOCAL) -> MCPServer[Any]:
    """The server of one session. `local`: the scopes of a caller that did not come through the door."""
    logging.getLogger("mcp").setLevel(logging.ERROR)
    server: MCPServer[Any] = MCPServer(
        "tribunal",
        title="Tribunal",
        version=version(),
        instructions=INSTRUCTIONS,
        log_level="ERROR",
        middleware=(_Asked(local),),
        subscriptions=False,
    )
    for tool in TABLE:
        server.add_tool(
            _told(getattr(tools, tool.name)),
            annotations=ToolAnnotations(
                readOnlyHint=True, destructiveHint=False, idempotentHint=tool.is_idempotent, openWorldHint=False
            ),
            structured_output=True,
        )
    return server


class _Asked:
    """Refuses a call whose caller lacks the scope of its tool."""

    def __init__(self, local: frozenset[str]) -> None:
        self._local = local

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method == "tools/call":
            name = str((ctx.params or {}).get("name"))
            allowed = self._local if ctx.request is None else ctx.request.scope.get(ALLOWED, frozenset())
            tool = BY_NAME.get(name)
            if tool is not None and tool.scope not in allowed:
                why = f"{name} needs a token of the scope {tool.scope!r}."
                return CallToolResult(content=[TextContent(type="text", text=why)], is_error=True)
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
