"""What the environment may not decide: whether a library sends what it sees to somebody else (law 14).

LangGraph's tracer sends cases, equity and orders to a host that variables of the environment name. No profile can ask for that,
so the switches are taken out of this process's environment before LangGraph is used; child processes inherit none of them.
"""

import os

TRACERS = ("LANGSMITH_TRACING", "LANGCHAIN_TRACING", "LANGCHAIN_HANDLER", "LANGSMITH_OTEL", "LANGCHAIN_OTEL")
"""How the names of the switches begin."""


def switch_off_tracers() -> tuple[str, ...]:
    """Unset every switch of a tracer, and return the names of those that were set."""
    found = tuple(sorted(name for name in os.environ if name.upper().startswith(TRACERS)))
    for name in found:
        del os.environ[name]
    return found
