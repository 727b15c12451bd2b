"""Controls the child process that serves a local model: starts it, reads its address, kills it.

The child gets a small environment without API keys, because it runs native code on a model file from a third party.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from agents.llm.attempt import AttemptOutcome, ProviderFault

POLL_S = 0.02
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "LANG", "TMPDIR")


class LocalProcess:
    """A child process that answers at `address`. `start` creates it and `kill` ends it; it also ends with this
    process.
    """

    def __init__(self, child: subprocess.Popen[bytes], address: str) -> None:
        self._child = child
        self.address = address

    @classmethod
    async def start(cls, path: Path, threads: int, context_tokens: int, limit_s: float) -> Self:
        """Load the model, and wait until it answers.

        Raises ProviderFault (SERVER_ERROR) when it does not answer within `limit_s` seconds. No child stays behind
        then, nor when this call is cancelled.
        """
        child = _spawn(path, threads, context_tokens)
        try:
            async with asyncio.timeout(limit_s):
                address = await _address(child)
                await _healthy(address)
        except TimeoutError as error:
            _end(child)
            detail = f"{path} was not loaded within {limit_s:.3g} s; the server was stopped"
            raise ProviderFault(AttemptOutcome.SERVER_ERROR, detail) from error
        except BaseException:
            _end(child)
            raise
        return cls(child, address)

    @property
    def pid(self) -> int:
        return self._child.pid

    def alive(self) -> bool:
        return self._child.poll() is None

    def kill(self) -> None:
        """End the child at once, even during a computation."""
        _end(self._child)


def _spawn(path: Path, threads: int, context_tokens: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "agents.llm.providers.local.server", "--model", str(path)]
    command += ["--threads", str(threads), "--context-tokens", str(context_tokens)]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
    )


async def _address(child: subprocess.Popen[bytes]) -> str:
    """Read the address from the one line that the child prints. Raises ProviderFault when the child ends or reports
    an error.
    """
    assert child.stdout is not None
    os.set_blocking(child.stdout.fileno(), False)
    heard = b""
    while not heard.endswith(b"\n"):
        ended = child.poll()
        heard += child.stdout.read() or b""
        if ended is not None and not heard.endswith(b"\n"):
            raise ProviderFault(AttemptOutcome.SERVER_ERROR, _obituary(ended))
        await asyncio.sleep(POLL_S)
    word = json.loads(heard)
    if "address" not in word:
        raise ProviderFault(AttemptOutcome.SERVER_ERROR, word["fault"])
    return str(word["address"])


async def _healthy(address: str) -> None:
    """Wait until `/health` returns 200: then the model is loaded. Other paths answer earlier."""
    import httpx2

    async with httpx2.AsyncClient(trust_env=False, timeout=5.0) as client:
        while True:
            try:
                if (await client.get(f"{address}/health")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(POLL_S)


def _obituary(code: int) -> str:
    if code == -signal.SIGILL:
        return "the server for local models needs a processor with AVX2, and this one has none"
    return f"the server for local models ended while it loaded the model (exit code {code})"


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
