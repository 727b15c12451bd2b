"""The page on the simulator says what the code does: its scenario can be read, its tables are whole."""

import re
from pathlib import Path

import yaml

from execution.wire.endpoints import NAMES as ENDPOINTS
from execution.wire.endpoints import SAPI, V3
from execution.wire.faults import MEANINGS, scenario_of
from execution.wire.trading.wanted import ORDER_TYPES

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "execution.md").read_text(encoding="utf-8")


def test_the_scenario_of_the_page_can_be_read() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(scenario_of(yaml.safe_load(text), "the page", ENDPOINTS).faults) == 5


def test_the_page_tells_every_kind_of_fault_as_the_code_does() -> None:
    faults = PAGE[PAGE.index("### Faults") :]
    told = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", faults, re.MULTILINE))
    assert told == {kind.value: meaning.what for kind, meaning in MEANINGS.items()}


def test_the_page_names_every_endpoint_and_every_type_of_order() -> None:
    words = set(re.findall(r"[\w/]+", PAGE))
    assert {path for _, path in V3} - words == set()
    assert {f"sapi/v1/{path}" for _, path in SAPI} - words == set()
    assert set(ORDER_TYPES) - words == set()
