"""Journals as an older version would have written them: events without fields that have been added since."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from kept_journals import RULES
from session_models import rewritten

from agents.records.events import EVENTS
from agents.records.registry import Registry, Tree, Upcaster
from config.frozen import Journaled
from execution.journal.rows import Row


def without(tree: Tree, *path: str) -> Tree:
    """A copy of a JSON tree without the value at a path."""
    head, *rest = path
    kept = {name: without(part, *rest) if rest and name == head else part for name, part in tree.items()}
    return kept if rest else {name: part for name, part in kept.items() if name != head}


def at(tree: Tree, path: tuple[str, ...], value: object) -> Tree:
    """A copy of a JSON tree with a value at a path."""
    head, *rest = path
    return tree | {head: at(tree[head], tuple(rest), value) if rest else value}


def compact(tree: Tree) -> bytes:
    """A tree as journals write it."""
    return json.dumps(tree, separators=(",", ":"), ensure_ascii=False).encode()


def lacking(target: Path, kind: str, *path: str) -> Path:
    """The kept run as a version would have written it whose events of a kind had no field at this path."""

    def older(row: Row) -> Row:
        return row._replace(payload=compact(without(json.loads(row.payload), *path))) if row.kind == kind else row

    return rewritten(RULES, target, older)


def knowing(
    event: type[Journaled], *upcasters: Upcaster, changed: Mapping[int, tuple[str, ...]] | None = None
) -> Registry:
    """The table, with these upcasters, and these fields that rules have changed, in the row of one class."""
    return Registry(
        *(
            replace(kind, upcasters=upcasters, changed=changed or {}) if kind.event is event else kind
            for kind in EVENTS.kinds
        )
    )
