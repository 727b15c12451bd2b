"""What the environment may not decide: whether a library sends what it sees to somebody else (law 14).

LangGraph's tracer sends cases, equity and orders to a host that variables of the environment name. No profile can ask for that,
so the switches are taken out of this process's environment before LangGraph is used; child processes inherit none of them.
The court's graph is also given callbacks of its own, `Unheard`, to which nothing can be added. LangGraph 1.2 makes others from
them, which have no handler either.
"""

import os
from typing import Any
from uuid import UUID

from langchain_core.callbacks.manager import AsyncCallbackManager, AsyncCallbackManagerForChainRun

TRACERS = ("LANGSMITH_TRACING", "LANGCHAIN_TRACING", "LANGCHAIN_HANDLER", "LANGSMITH_OTEL", "LANGCHAIN_OTEL")
"""How the names of the switches begin."""


def switch_off_tracers() -> tuple[str, ...]:
    """Unset every switch of a tracer, and return the names of those that were set."""
    found = tuple(sorted(name for name in os.environ if name.upper().startswith(TRACERS)))
    for name in found:
        del os.environ[name]
    return found


class Unheard(AsyncCallbackManager):
    """Callbacks that call nobody. Handlers, tags and metadata that are added are dropped; every run in the graph is the same."""

    def __init__(self) -> None:
        super().__init__(handlers=[])
        self._run = _UnheardRun(self)

    def add_handler(self, *_: Any, **__: Any) -> None:
        """Nothing is added."""

    def add_tags(self, *_: Any, **__: Any) -> None:
        """Nothing is added."""

    def add_metadata(self, *_: Any, **__: Any) -> None:
        """Nothing is added."""

    def copy(self) -> "Unheard":
        """Nothing here can change."""
        return self

    async def on_chain_start(self, *_: Any, **__: Any) -> AsyncCallbackManagerForChainRun:
        """The one run."""
        return self._run


class _UnheardRun(AsyncCallbackManagerForChainRun):
    """The run of a graph and of each node in it."""

    def __init__(self, whole: Unheard) -> None:
        super().__init__(run_id=UUID(int=0), handlers=[], inheritable_handlers=[])
        self._whole = whole

    def get_child(self, tag: str | None = None) -> AsyncCallbackManager:
        """The callbacks of a node are those of the graph."""
        return self._whole

    async def on_chain_end(self, outputs: Any, **_: Any) -> None:
        """Nobody is told."""

    async def on_chain_error(self, error: BaseException, **_: Any) -> None:
        """Nobody is told; LangGraph raises the error itself."""
