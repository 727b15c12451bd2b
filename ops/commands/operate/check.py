"""What `tribunal check` does: it resolves a profile and shows it, or everything that is wrong with it."""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TextIO, TypeVar

from pydantic import BaseModel

from config.errors import TribunalError
from config.reading.load import Resolved, resolve
from config.reading.reference import reference
from config.reading.schema import spot_at, spot_of
from config.reading.tree import Path, dotted, exact
from config.secrets import Secrets, load_secrets, variables
from config.settings import Settings
from ops.tables.grid import Grid

T = TypeVar("T")
_DEFAULT = "default"
_WIDE = 160
"""Columns in a pipe, where each setting is one line that can be searched."""
_REFERENCE = """# Settings

`tribunal check --reference` prints this page out of the settings' own models; a test compares it. A profile is a YAML file that
names its parent in `extends:` and states what differs; on a command line it is `--set KEY=VALUE`. `NAME` stands for a name of
your own, `[]` for each entry of a list. A default is that of `base.yaml`, which every packaged profile extends, or of the setting
itself; what is `to be stated` has none. `tribunal check --profile NAME` shows what a profile resolves to, and from where."""
_ENVIRONMENT = """Secrets, and where state lies, come from the environment, or from a file `.env` in the current folder, and from
nowhere else. `.env.example` lists them. The kind of a model provider, or its `api_key_env`, may name one more."""


@dataclass(frozen=True, slots=True)
class Row:
    """One resolved setting: dotted key, value as text, unit (may be empty) and where it was written."""

    key: str
    value: str
    unit: str
    origin: str


def check_command(arguments: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Show a profile; returns the exit code. Raises nothing: all faults are told at once."""
    if arguments.reference:
        out.write(reference_markdown())
        return 0
    faults: list[TribunalError] = []
    resolved = _attempt(lambda: resolve(arguments.profile), faults)
    also = resolved.settings.minds.key_variables if resolved else ()
    secrets = _attempt(lambda: load_secrets(also=also), faults)
    if resolved is None or secrets is None:
        err.writelines(f"{fault}\n" for fault in faults)
        return faults[0].exit_code
    if arguments.json:
        out.write(json.dumps(_document(resolved, secrets), indent=2) + "\n")
    else:
        _print(resolved, secrets, out)
    return 0


def reference_markdown() -> str:
    """`docs/configuration.md`: every setting, section by section, and every environment variable."""
    parts = [_REFERENCE]
    for section in reference():
        rows = tuple((f"`{each.key}`", each.value, each.unit, each.default, each.meaning) for each in section.entries)
        grid = Grid("", ("Setting", "value", "unit", "default", "meaning"), rows, left=5)
        parts += [
            f"## {section.name or 'The whole profile'}",
            *([section.about] if section.about else []),
            grid.markdown(),
        ]
    environment = tuple((f"`{name}`", meaning) for name, meaning in variables().items())
    parts += ["## Environment", _ENVIRONMENT, Grid("", ("Variable", "meaning"), environment, left=2).markdown()]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _attempt(step: Callable[[], T], faults: list[TribunalError]) -> T | None:
    """The step's result; or None, with its fault kept, so that the next step's is shown as well."""
    try:
        return step()
    except TribunalError as fault:
        faults.append(fault)
        return None


def rows(resolved: Resolved) -> list[Row]:
    """Every setting of a profile in the order of its declaration."""
    root = spot_of(Settings)
    found = []
    for path, value in _leaves(resolved.settings, ()):
        spot, node = spot_at(root, path), exact(resolved.tree, path)
        origin = str(node.place) if node is not None else _DEFAULT
        found.append(Row(dotted(path), _text(value), spot.unit if spot is not None else "", origin))
    return found


def _leaves(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    match value:
        case BaseModel():
            for name, field in type(value).model_fields.items():
                given = getattr(value, name)
                if field.exclude_if is None or not field.exclude_if(given):  # what a context does not set has no value
                    yield from _leaves(given, (*path, name))
        case dict() if value:
            for key, item in value.items():
                yield from _leaves(item, (*path, key))
        case tuple() if any(isinstance(item, BaseModel) for item in value):
            for number, item in enumerate(value):
                yield from _leaves(item, (*path, number))
        case _:
            yield path, value


def _text(value: object) -> str:
    match value:
        case None:
            return "-"
        case tuple() | dict():
            return ", ".join(str(item) for item in value) or "none"
        case _:
            return str(value)


def _document(resolved: Resolved, secrets: Secrets) -> dict[str, object]:
    table = rows(resolved)
    return {
        "settings": resolved.settings.model_dump(mode="json"),
        "units": {row.key: row.unit for row in table if row.unit},
        "origins": {row.key: row.origin for row in table},
        "secrets": _secrets(secrets),
    }


def _secrets(secrets: Secrets) -> dict[str, str]:
    return {name: "not set" if value is None else "set" for name, value in secrets.held().items()}


def _print(resolved: Resolved, secrets: Secrets, out: TextIO) -> None:
    from ops.tables.grid import open_console  # only the tables need it

    settings = tuple((row.key, row.value, row.unit, row.origin) for row in rows(resolved))
    kept = tuple(_secrets(secrets).items())
    console = open_console(out, piped=_WIDE)
    title = f"profile {resolved.settings.profile}"
    console.print(
        Grid(
            title, ("setting", "value", "unit", "from"), settings, left=4, prose=(1, 2), yields=("unit", "from")
        ).table()
    )
    console.print(Grid("environment", ("secret", "state"), kept, left=2).table())
