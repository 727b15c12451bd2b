"""`tribunal mcp` as it is started: over its standard input by the real client, and over HTTP behind the door."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import httpx2
import pytest
from kept_journals import JOURNALS, KEY
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from config.errors import UsageFault
from ops.commands.watch.mcp import mcp_command
from ops.live.auth.operator import Operator, keep_operator
from ops.live.auth.sessions import TRIES
from ops.live.mcp.tools import TABLE
from ops.mcp import main, parser

ROOT = Path(__file__).resolve().parents[4]
KEPT = JOURNALS / "rules-0.7.0"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}
ACCEPT = {"accept": "application/json, text/event-stream"}
PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def tokens(tmp_path: Path) -> dict[str, str]:
    """A token of each scope, kept for this user."""
    operator, read = Operator().with_token("reads", "read")
    operator, steer = operator.with_token("steers", "steer")
    operator, propose = operator.with_token("proposes", "propose")
    keep_operator(tmp_path / "state", operator)
    return {"read": read, "propose": propose, "steer": steer}


@contextmanager
def served(capsys: pytest.CaptureFixture[str], *options: str) -> Iterator[str]:
    """The address of a server over HTTP."""
    stop, codes = Event(), list[int]()
    asked = parser().parse_args([str(KEPT), "--http", "0", *options])
    serving = Thread(target=lambda: codes.append(mcp_command(asked, stop)))
    serving.start()
    told, until = "", monotonic() + PATIENCE_S
    while "is told at" not in told:
        assert monotonic() < until
        sleep(0.02)
        told += capsys.readouterr().err
    try:
        yield told.partition("is told at ")[2].split()[0]
    finally:
        stop.set()
        serving.join(PATIENCE_S)
    assert codes == [0]


@asynccontextmanager
async def client_of(address: str, token: str) -> AsyncIterator[Any]:
    async with (
        httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}) as http,
        Client(streamable_http_client(address, http_client=http)) as client,
    ):
        yield client


@pytest.mark.slow
def test_a_client_starts_the_server_and_speaks_over_its_standard_streams(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(ROOT), "TRIBUNAL_JOURNAL_KEY": KEY, "TRIBUNAL_STATE_DIR": str(tmp_path / "state")}
    start = StdioServerParameters(command=sys.executable, args=["-m", "ops.mcp", str(KEPT)], env=environment)

    async def ask() -> tuple[set[str], Any]:
        with (tmp_path / "err").open("w") as err:
            async with Client(stdio_client(start, errlog=err)) as client:
                names = {tool.name for tool in (await client.list_tools()).tools}
                return names, await client.call_tool("status", {})

    names, status = asyncio.run(ask())
    assert names == {tool.name for tool in TABLE if tool.only_looks}
    assert status.structured_content["phase"] == "completed"
    assert status.structured_content["head"]["run"] == KEPT.name
    assert (tmp_path / "err").read_text() == ""


def test_over_http_a_token_that_may_look_is_answered_as_the_window_answers(
    capsys: pytest.CaptureFixture[str], tokens: dict[str, str]
) -> None:
    async def ask(address: str) -> Any:
        async with client_of(address, tokens["read"]) as client:
            return [await client.call_tool(tool, {}) for tool in ("status", "positions", "worth")]

    with served(capsys) as address:
        status, held, worth = asyncio.run(ask(address))
    assert status.structured_content["phase"] == "completed"
    assert [each["symbol"] for each in held.structured_content["positions"]] == ["BTC/USDT"]
    assert sum(group["cases"] for group in worth.structured_content["groups"]) > 0


def test_over_http_other_tokens_names_and_sites_are_refused(
    capsys: pytest.CaptureFixture[str], tokens: dict[str, str]
) -> None:
    with served(capsys) as address:

        def status(token: str | None = tokens["read"], **headers: str) -> int:
            sent = ACCEPT | headers | ({} if token is None else {"authorization": f"Bearer {token}"})
            return httpx2.post(address, headers=sent, json=INITIALIZE).status_code

        assert status() == 200
        assert status(None) == 401
        assert status(tokens["steer"]) == 403
        assert status(host="evil.example") == 421
        assert status(origin="http://evil.example") == 403
        large = ACCEPT | {"authorization": f"Bearer {tokens['read']}"}
        assert httpx2.post(address, headers=large, json={"x": "x" * 100_000}).status_code == 413


@pytest.mark.parametrize("tool", TABLE, ids=lambda tool: tool.name)
def test_over_http_no_tool_answers_a_token_of_another_scope(
    tool: Any, capsys: pytest.CaptureFixture[str], tokens: dict[str, str]
) -> None:
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": tool.name, "arguments": {}}}
    with served(capsys) as address:
        for token in (tokens["steer"], tokens["propose"], "trib_nothing"):
            answer = httpx2.post(address, headers=ACCEPT | {"authorization": f"Bearer {token}"}, json=call)
            assert answer.status_code in (401, 403)
            assert "result" not in answer.text


def test_over_http_only_a_token_that_may_propose_does_and_one_that_may_steer_is_still_refused(
    capsys: pytest.CaptureFixture[str], tokens: dict[str, str]
) -> None:
    asked = {"symbol": "BTC/USDT", "direction": "long", "thesis": "up"}

    async def ask(address: str, token: str) -> Any:
        async with client_of(address, token) as client:
            return [await client.call_tool("propose", asked), await client.call_tool("status", {})]

    with served(capsys, "--allow-propose") as address:
        told = {name: asyncio.run(ask(address, tokens[name])) for name in ("read", "propose")}
        steer = httpx2.post(address, headers=ACCEPT | {"authorization": f"Bearer {tokens['steer']}"}, json=INITIALIZE)
    assert steer.status_code == 403
    assert [answers[1].is_error for answers in told.values()] == [False, False]
    assert told["read"][0].content[0].text == "propose needs a token of the scope 'propose'."
    assert "has ended" in told["propose"][0].content[0].text


def test_too_many_wrong_tokens_lock_out(capsys: pytest.CaptureFixture[str], tokens: dict[str, str]) -> None:
    with served(capsys) as address:
        wrong = ACCEPT | {"authorization": "Bearer trib_nothing"}
        codes = [httpx2.post(address, headers=wrong, json=INITIALIZE).status_code for _ in range(TRIES + 1)]
        right = httpx2.post(address, headers=ACCEPT | {"authorization": f"Bearer {tokens['read']}"}, json=INITIALIZE)
    assert codes == [401] * TRIES + [429]
    assert right.status_code == 429


def test_without_a_token_a_wrong_port_or_a_run_nothing_is_served(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, tokens: dict[str, str]
) -> None:
    assert main([str(KEPT), "--http", "70000"]) == 2
    assert "is no port" in capsys.readouterr().err
    assert main([str(tmp_path / "nothing")]) != 0
    assert "Traceback" not in capsys.readouterr().err
    assert main([str(KEPT), "--files", str(tmp_path / "nothing")]) == 2
    keep_operator(tmp_path / "state", Operator())
    assert main([str(KEPT), "--http"]) == 2
    assert "There is no token of the scope `read`" in capsys.readouterr().err


def test_where_the_library_is_missing_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == "mcp" or name.startswith(("mcp.", "ops.live.mcp.server"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(UsageFault, match=r"tribunal\[mcp,serve\]"):
        mcp_command(argparse.Namespace(run=str(KEPT), http=None, files=None, quiet=True, allow_propose=False))
    assert os.environ["TRIBUNAL_JOURNAL_KEY"] == KEY
