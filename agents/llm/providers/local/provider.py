"""A GGUF model on this machine: a child process that starts at the first call and is asked like any compatible
server.

A call past its deadline kills the child, because only that stops the computation; the next call starts a new child.
Loading is not a call: if a call cannot wait for it, the call times out, loading continues, and a later call uses the
loaded model. One call runs at a time; a waiting call is no reason to kill the child. The answer schema is the terse
one (see `agents.llm.providers.local.terse`).
"""

import asyncio
from importlib.util import find_spec
from pathlib import Path

from pydantic import SecretStr

from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault, Request
from agents.llm.providers.learnt import Learnt
from agents.llm.providers.local.process import LocalProcess
from agents.llm.providers.local.server import MISSING
from agents.llm.providers.local.terse import terse
from agents.llm.providers.openai import OpenAIProvider
from config.errors import UsageFault
from config.sections.minds import ProviderSettings

START_LIMIT_S = 180.0
"""Longest time to load a model of several gigabytes from a slow disk [s]."""
_MAGIC = b"GGUF"
_FATAL = frozenset({AttemptOutcome.TIMEOUT, AttemptOutcome.CONNECTION})


def local_provider(
    name: str, settings: ProviderSettings, key: SecretStr | None, learnt: Learnt | None = None
) -> "LocalProvider":
    """A local model as the table of providers builds it; it takes no key, and its server is known. Raises UsageFault as the class
    does."""
    return LocalProvider(name, settings)


class LocalProvider:
    """One local model. Nothing is loaded before the first call."""

    def __init__(self, name: str, settings: ProviderSettings, start_limit_s: float = START_LIMIT_S) -> None:
        """Raises UsageFault when the model or the package that runs it is missing."""
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
        """Return the child's process id while a child answers, otherwise None."""
        process = _result(self._starting)
        return process.pid if process is not None and process.alive() else None

    async def complete(self, request: Request, timeout_s: float) -> Completion:
        """Send one request and return within `timeout_s`, whether the model is loaded or not. Raises ProviderFault."""
        ends = asyncio.get_running_loop().time() + timeout_s
        try:
            async with asyncio.timeout_at(ends), self._turn:
                return await self._ask(request, ends)
        except TimeoutError as error:
            detail = f"the local model gave no answer within {timeout_s:.3g} s, loading and waiting included"
            raise ProviderFault(AttemptOutcome.TIMEOUT, detail) from error

    async def close(self) -> None:
        """End the child, even during a computation."""
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
        """Return the adapter to a running child; start one if needed. Cancelling this call does not stop the start."""
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
    """Return the GGUF file of a local model. Raises UsageFault when the file or the package that runs it is missing
    or unusable.
    """
    if find_spec("xllamacpp") is None:
        raise UsageFault(f"{MISSING}. No model was started.")
    if settings.path is None:
        raise UsageFault(
            "A local model needs its file, but none was given. No model was started. Add --model PATH.gguf."
        )
    path = Path(settings.path).expanduser()
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(_MAGIC))
    except OSError as error:
        raise UsageFault(
            f"The model file {path} cannot be read ({error.strerror}). No model was started. "
            "Give another file with --model PATH.gguf."
        ) from error
    if magic != _MAGIC:
        raise UsageFault(
            f"The file {path} is not a GGUF model, the only format that llama.cpp reads. "
            "No model was started. "
            "Give another file with --model PATH.gguf."
        )
    return path


def _terse(request: Request) -> Request:
    return request.model_copy(update={"json_schema": terse(request.json_schema)})


def _result(task: "asyncio.Task[LocalProcess] | None") -> LocalProcess | None:
    """Return the result of a start; None while it runs and when it failed (its exception is then marked as
    retrieved).
    """
    if task is None or not task.done() or task.cancelled() or task.exception() is not None:
        return None
    return task.result()
