"""The catalogue: every alert that can be derived has a row, every row is derived somewhere and has its section in the runbook."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from agents.outages.alert import AlertCode
from config.sections.emergency.table import TRIGGERS
from ops.live.woken.catalogue import BY_CODE, NOTHING, WAKES, table

ROOT = Path(__file__).resolve().parents[4]
SOURCES = [*(ROOT / "ops/live").rglob("*.py"), *(ROOT / "ops/commands/watch").glob("*.py")]


def test_a_code_is_declared_once() -> None:
    assert len(BY_CODE) == len(WAKES)


@pytest.mark.parametrize("code", [*get_args(AlertCode), *(row.name for row in TRIGGERS)])
def test_every_alert_of_the_journal_and_every_trigger_has_a_row(code: str) -> None:
    assert code in BY_CODE


def test_every_row_is_derived_somewhere() -> None:
    written = {text for source in SOURCES if source.name != "catalogue.py" for text in _texts(source)}
    from_tables = {*get_args(AlertCode), *(row.name for row in TRIGGERS)}
    assert set(BY_CODE) - written - from_tables == set()


def test_what_wakes_a_person_says_what_to_do() -> None:
    assert [wake.code for wake in WAKES if wake.severity != "info" and wake.do == NOTHING] == []


def test_every_alert_has_its_section_in_the_runbook_in_this_order() -> None:
    runbook = (ROOT / "docs/runbook.md").read_text()
    codes = re.findall(r"^### (\w+)$", runbook, re.MULTILINE)
    assert codes == list(BY_CODE)


def test_the_table_of_the_docs_is_this_one() -> None:
    assert table() in (ROOT / "docs/alerts.md").read_text()


def _texts(source: Path) -> set[str]:
    return {
        node.value
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
