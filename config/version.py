"""The version of Tribunal: what a session writes into its journal, and what a journal is held against.

It stands in `pyproject.toml` and nowhere else. Where the code runs from its source tree, that file is read, since the metadata
of an installation may be older than the tree; an installed copy reads its metadata.
"""

import tomllib
from importlib.metadata import version as installed_version
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def version() -> str:
    """The version of the code that runs, such as `0.2.0`."""
    return version_in(_PROJECT) or installed_version("tribunal")


def version_in(project: Path) -> str | None:
    """The version that a `pyproject.toml` states; None where there is no such file, or it is of another project."""
    if not project.is_file():
        return None
    table = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {})
    return str(table["version"]) if table.get("name") == "tribunal" and "version" in table else None


def version_order(version: str) -> tuple[int, ...] | None:
    """A version as numbers that compare; None for what is no version."""
    parts = version.split(".")
    return tuple(int(part) for part in parts) if all(part.isascii() and part.isdigit() for part in parts) else None
