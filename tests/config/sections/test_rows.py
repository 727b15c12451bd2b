"""Strategies, providers and sources are declared once, as a row of a table in the settings; each row names what builds it."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from config.reading.schema import spot_of
from config.sections.kinds import OneOf
from config.sections.minds import PROVIDERS, ProviderSettings
from config.sections.rows import named
from config.sections.sentiment import SOURCES, SourceSettings
from config.sections.strategies import OWN, STRATEGIES, StrategyContext

ROOT = Path(__file__).resolve().parents[3]
BUILDERS = {
    **{f"strategy {name}": row for name, row in STRATEGIES.items()},
    **{f"provider {name}": kind.adapter for name, kind in PROVIDERS.items()},
    **{f"source {name}": kind.build for name, kind in SOURCES.items()},
}


@pytest.mark.parametrize("what", sorted(BUILDERS))
def test_each_row_names_something_that_can_be_called(what: str) -> None:
    assert callable(named(BUILDERS[what]))


@pytest.mark.parametrize("row", ["config.sections.rows:nothing", "config.nowhere:named"])
def test_a_row_that_names_nothing_is_a_defect_and_says_what_is_missing(row: str) -> None:
    with pytest.raises((AttributeError, ImportError), match=r"nothing|nowhere"):
        named(row)


def test_each_class_with_a_vote_among_the_built_in_strategies_has_a_row() -> None:
    folder, aside = ROOT / "agents" / "strategies", {"own.py", "voter.py", "windows.py"}
    classes = {
        f"{'.'.join(file.relative_to(ROOT).with_suffix('').parts)}:{node.name}"
        for file in folder.rglob("*.py")
        if file.name not in aside
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and any(getattr(part, "name", "") == "vote" for part in node.body)
    }
    assert classes == set(STRATEGIES.values())


def test_each_provider_takes_a_name_its_settings_and_a_key() -> None:
    for name, kind in PROVIDERS.items():
        first = list(inspect.signature(named(kind.adapter)).parameters)[:3]
        assert first == ["name", "settings", "key"], name


def test_each_source_takes_its_settings_the_news_of_the_tape_and_a_clock() -> None:
    for name, kind in SOURCES.items():
        assert list(inspect.signature(named(kind.build)).parameters) == ["settings", "news", "clock"], name


def test_a_source_without_the_key_that_its_row_needs_is_refused_by_the_name_of_the_key() -> None:
    needing = {name: kind for name, kind in SOURCES.items() if kind.needs is not None}
    assert set(needing) == {"recorded", "figures", "rss", "gdelt", "reddit", "x"}
    for name, kind in needing.items():
        with pytest.raises(ValidationError, match=f"a source of kind {name} needs `{kind.needs}`"):
            SourceSettings(kind=name, name="one", weight=1.0)


@pytest.mark.parametrize(
    ("model", "key", "options"),
    [
        (StrategyContext, "strategy", (*STRATEGIES, OWN)),
        (ProviderSettings, "kind", tuple(PROVIDERS)),
        (SourceSettings, "kind", tuple(SOURCES)),
    ],
)
def test_what_a_profile_may_name_are_the_rows_of_the_table(
    model: type[StrategyContext], key: str, options: tuple[str, ...]
) -> None:
    spot = spot_of(model).child(key)
    assert spot is not None
    assert spot.options == options
    assert spot.wanted() == "one of " + ", ".join(options)


def test_a_name_out_of_a_table_fails_as_a_literal_does() -> None:
    adapter = TypeAdapter(OneOf({"a": 1, "b": 2}))
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python("c")
    assert [error["type"] for error in caught.value.errors()] == ["literal_error"]


def test_reading_the_tables_loads_no_adapter() -> None:
    code = (
        "import sys, config.settings; "
        "print(*[name for name in sys.modules if name.split('.')[0] in {'agents', 'sentiment', 'anthropic', 'openai'}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, timeout=300
    )
    assert done.stdout.split() == []
