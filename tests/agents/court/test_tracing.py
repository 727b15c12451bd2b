"""The callbacks of the court's graph, to which nobody can listen."""

import asyncio
from typing import Any, TypedDict

import pytest
from langchain_core.callbacks import AsyncCallbackHandler
from langgraph.graph import END, START, StateGraph

from agents.court.tracing import Unheard


class State(TypedDict, total=False):
    """A number, and the one after it."""

    given: int
    found: int


class Listener(AsyncCallbackHandler):
    """Counts what it is told."""

    def __init__(self) -> None:
        self.told = 0

    async def on_chain_start(self, *_: Any, **__: Any) -> None:
        self.told += 1


def _graph() -> Any:
    async def node(state: State) -> State:
        return {"found": state["given"] + 1}

    async def broken(state: State) -> State:
        if state["given"] < 0:
            raise ArithmeticError("below zero")
        return {}

    graph: Any = StateGraph(State)
    graph.add_node("node", node)
    graph.add_node("broken", broken)
    graph.add_edge(START, "node")
    graph.add_edge("node", "broken")
    graph.add_edge("broken", END)
    return graph.compile()


def _run(callbacks: Any, given: int = 1) -> Any:
    return asyncio.run(_graph().ainvoke({"given": given}, {"callbacks": callbacks}))


def test_a_listener_that_is_added_is_told_nothing() -> None:
    listener, unheard = Listener(), Unheard()
    unheard.add_handler(listener)
    _run(unheard)
    assert listener.told == 0
    _run([listener])
    assert listener.told > 0, "the listener hears a graph with callbacks of LangGraph's own"


def test_a_graph_comes_to_the_same_with_them() -> None:
    assert _run(Unheard()) == _run(None)


def test_an_error_of_a_node_is_raised_all_the_same() -> None:
    with pytest.raises(ArithmeticError, match="below zero"):
        _run(Unheard(), given=-1)


def test_nothing_is_kept_from_one_run_to_the_next() -> None:
    unheard = Unheard()
    before = (list(unheard.handlers), list(unheard.tags), dict(unheard.metadata))
    _run(unheard)
    assert (unheard.handlers, unheard.tags, unheard.metadata) == before
    assert before == ([], [], {})
