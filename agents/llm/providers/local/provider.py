"""A GGUF model on this machine: a child process that is started at the first call and asked as any compatible server is.

A call that runs past its deadline kills the child, because only that ends a computation for certain; the next call
starts another one. Loading is not a call: a call that cannot wait for it times out, loading goes on, and a later call
finds it done. One call at a time; those that wait are not the reason to kill. The schema is the terse one (see
`agents.llm.providers.local.terse`).
"""

import asyncio
from importlib.util import find_spec
from pathlib import Path

from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault, Request
from agents.llm.providers.local.process import LocalProcess
from agents.llm.providers.local.server import MISSING
from agents.llm.providers.local.terse import terse
from agents.llm.providers.openai import OpenAIProvider
from config.errors import UsageFault
from config.sections.minds import ProviderSettings

START_LIMIT_S = 180.0
"""A model of several gigabytes from a slow disk; after this it is given up."""
_MAGIC = b"GGUF"
_FATAL = frozenset({AttemptOutcome.TIMEOUT, AttemptOutcome.CONNECTION})


class LocalProvider:
    """One local model. Nothing is loaded before the first call."""

    def __init__(self, name: str, settings: ProviderSettings, start_limit_s: float = START_LIMIT_S) -> None:
        """Raises UsageFault when the model or the package that runs it is not there."""
        self._path = checked_path(settings)
        self._name = name
        self._settings = settings
        self._start_limit_s = start_limit_s
        self._turn = asyncio.Lock()
        self._starting: asyncio.Task[LocalProcess] | None = None
        self._asked: OpenAIProvider | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def model(self) -> str:
        return self._settings.model

    @property
    def pid(self) -> int | None:
        """The child's process id, while there is one that answers."""
        process = _result(self._starting)
        return process.pid if process is not None and process.alive() else None

    async def complete(self, request: Request, timeout_s: float) -> Completion:
        """Ask once, and be back within `timeout_s`, whether the model is loaded or not. Raises ProviderFault."""
        ends = asyncio.get_running_loop().time() + timeout_s
        try:
            async with asyncio.timeout_at(ends), self._turn:
                return await self._ask(request, ends)
        except TimeoutError as error:
            detail = f"the local model gave no answer within {timeout_s:.3g} s, loading and waiting included"
            raise ProviderFault(AttemptOutcome.TIMEOUT, detail) from error

    async def close(self) -> None:
        """End the child, whatever it does."""
        if self._starting is not None and not self._starting.done():
            self._starting.cancel()
            await asyncio.wait([self._starting])
        await self._kill()

    async def _ask(self, request: Request, ends: float) -> Completion:
        server = await self._server()
        try:
            return await server.complete(_terse(request), ends - asyncio.get_running_loop().time())
        except ProviderFault as fault:
            if fault.outcome in _FATAL:
                await self._kill()
            raise
        except asyncio.CancelledError:
            await self._kill()
            raise

    async def _server(self) -> OpenAIProvider:
        """The adapter to a child that answers, after starting one if need be. Being cancelled leaves a start going on."""
        process = _result(self._starting)
        if self._starting is None or (self._starting.done() and (process is None or not process.alive())):
            await self._kill()
            self._starting = asyncio.create_task(self._start())
            self._starting.add_done_callback(_result)
        process = await asyncio.shield(self._starting)
        if self._asked is None:
            there = {"kind": "compatible", "base_url": f"{process.address}/v1", "api_key_env": None}
            self._asked = OpenAIProvider(self._name, self._settings.model_copy(update=there), None)
        return self._asked

    async def _start(self) -> LocalProcess:
        settings = self._settings
        return await LocalProcess.start(self._path, settings.threads, settings.context_tokens, self._start_limit_s)

    async def _kill(self) -> None:
        process, asked = _result(self._starting), self._asked
        self._starting = self._asked = None
        if process is not None:
            process.kill()
        if asked is not None:
            await asked.close()


def checked_path(settings: ProviderSettings) -> Path:
    """The GGUF file of a local model, with what runs it in place. Raises UsageFault otherwise."""
    if find_spec("xllamacpp") is None:
        raise UsageFault(f"{MISSING}. No model was started.")
    if settings.path is None:
        raise UsageFault("A local model needs its file, and none was given. Add --model PATH.gguf.")
    path = Path(settings.path).expanduser()
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(_MAGIC))
    except OSError as error:
        raise UsageFault(
            f"The model file {path} cannot be read ({error.strerror}). Give one with --model PATH.gguf."
        ) from error
    if magic != _MAGIC:
        raise UsageFault(
            f"The file {path} is not a GGUF model; llama.cpp reads no other. Give one with --model PATH.gguf."
        )
    return path


def _terse(request: Request) -> Request:
    return request.model_copy(update={"json_schema": terse(request.json_schema)})


def _result(task: "asyncio.Task[LocalProcess] | None") -> LocalProcess | None:
    """What a start led to; None while it goes on and when it failed (its failure then counts as seen)."""
    if task is None or not task.done() or task.cancelled() or task.exception() is not None:
        return None
    return task.result()
