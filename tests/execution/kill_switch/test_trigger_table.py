"""The table of triggers in the documentation is the one of the code, with the limits and actions of the profile."""

from pathlib import Path

from config.reading.load import load_profile
from config.sections.emergency.table import TRIGGERS, table

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "execution.md").read_text(encoding="utf-8")


def test_the_page_shows_every_trigger_as_it_is_declared() -> None:
    assert table() in PAGE


def test_the_page_shows_the_limits_and_actions_of_the_profile() -> None:
    emergency = load_profile("testnet", {}).emergency
    found = [emergency.of(row.name) for row in TRIGGERS]
    units = ["" if row.unit in ("fraction", "multiple") else f" {row.unit}" for row in TRIGGERS]
    limits = [f"{each.above:g}{unit}" for each, unit in zip(found, units, strict=True) if each is not None]
    actions = [each.action.value for each in found if each is not None]
    for head, cells in (
        ("action by default", [f"`{row.name}`" for row in TRIGGERS]),
        ("limit", limits),
        ("action", actions),
    ):
        assert f"| {' | '.join((head, *cells))} |" in PAGE
