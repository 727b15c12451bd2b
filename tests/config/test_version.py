"""The version stands in one file, and compares as numbers."""

from importlib.metadata import version as installed
from pathlib import Path

import pytest

from config.version import version, version_in, version_order

ROOT = Path(__file__).resolve().parents[2]


def test_the_version_is_that_of_the_tree_whatever_is_installed() -> None:
    assert f'\nversion = "{version()}"\n' in (ROOT / "pyproject.toml").read_text()
    assert version_order(installed("tribunal")) is not None


def test_a_file_of_another_project_or_none_says_nothing(tmp_path: Path) -> None:
    other = tmp_path / "pyproject.toml"
    assert version_in(other) is None
    other.write_text('[project]\nname = "another"\nversion = "9.9.9"\n')
    assert version_in(other) is None
    other.write_text('[project]\nname = "tribunal"\nversion = "1.2.3"\n')
    assert version_in(other) == "1.2.3"


def test_versions_compare_as_numbers() -> None:
    assert (version_order("0.10.0") or ()) > (version_order("0.9.9") or ())


@pytest.mark.parametrize("text", ["", "recorded", "1.x", "1..2", "²"])
def test_what_is_no_version_is_none(text: str) -> None:
    assert version_order(text) is None
