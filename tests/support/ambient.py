"""Every environment variable that a library of ours reads, out of the installed sources, and a trap that counts who connects."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

_READ = re.compile(
    r"""(?:environ(?:\.get)?|getenv|env\.get)\s*[\[(]\s*f?["']([A-Z][A-Z0-9_]{2,})["']"""
    r"""|^[A-Z_]*ENV[A-Z_]*\s*(?::\s*\w+)?\s*=\s*["']([A-Z][A-Z0-9_]{2,})["']""",
    re.MULTILINE,
)
_LANGSMITH = re.compile(r"""get_env_var\(\s*["']([A-Z0-9_]+)["']""")
_UNWRITTEN = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy"}
"""Read by the standard library, on behalf of a client."""


@cache
def variables() -> frozenset[str]:
    """The variables that the sources of our dependencies name, and of theirs; extras that are not ours are left out."""
    found = set(_UNWRITTEN)
    for dist in _closure():
        for file in dist.files or ():
            if file.suffix == ".py":
                text = Path(str(dist.locate_file(file))).read_text(encoding="utf-8", errors="replace")
                found.update(name for match in _READ.findall(text) for name in match if name)
                found.update(
                    f"{space}_{name}" for name in _LANGSMITH.findall(text) for space in ("LANGSMITH", "LANGCHAIN")
                )
    return frozenset(found)


def _closure() -> list[Distribution]:
    known: dict[str, Distribution] = {}
    ahead = ["tribunal"]
    while ahead:
        try:
            dist = distribution(ahead.pop())
        except PackageNotFoundError:
            continue
        if dist.metadata["Name"] in known:
            continue
        known[dist.metadata["Name"]] = dist
        wanted = [Requirement(text) for text in dist.requires or ()]
        ahead += [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return [dist for name, dist in known.items() if name != "tribunal"]


@contextmanager
def trap() -> Iterator[tuple[str, list[bytes]]]:
    """A port of this machine that takes every connection, notes what it is sent, and hangs up: its address, and the notes."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(1.0)
                    try:
                        heard.append(connection.recv(65_536))
                    except OSError:
                        heard.append(b"")

        threading.Thread(target=listen, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}", heard
        server.shutdown(socket.SHUT_RDWR)
