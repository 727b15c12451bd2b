"""`tribunal simulator` in a process of its own."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


@contextlib.contextmanager
def served(*options: str) -> Iterator[tuple["subprocess.Popen[str]", str, list[str]]]:
    """The command in a process of its own, when it has said where it listens."""
    command = [sys.executable, "-m", "execution.simulator", "--port", "0", "--days", "2", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        said = [process.stdout.readline() for _ in range(3)]
        url = next(word for word in said[0].split() if word.startswith("http"))
        yield process, url, said
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()
        process.stderr.close()
