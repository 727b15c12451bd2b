"""The notebooks: each runs on a fresh session, equals its source, and holds no logic of its own.

The script behind `make notebooks` executes them, each in its own kernel and without a network.
"""

import ast
import importlib.util
import json
import os
import re
from itertools import cycle
from pathlib import Path
from types import ModuleType
from typing import Any

import jupytext
import nbformat
import pytest
from IPython.display import HTML
from model_server import KEY, ModelServer, Turn
from run_support import run

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SOURCES = sorted(NOTEBOOKS.glob("[0-9]*.py"))
MOST_BYTES = 200_000
DRAWN = {"text/html", "application/vnd.plotly.v1+json"}

each = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """notebooks/execute.py."""
    return loaded("execute")


@pytest.fixture(scope="module")
def reading() -> ModuleType:
    """notebooks/reading.py."""
    return loaded("reading")


def loaded(name: str) -> ModuleType:
    """A module of the folder notebooks/, which is not a package."""
    spec = importlib.util.spec_from_file_location(f"notebook_{name}", NOTEBOOKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A run of ten simulated days, and what a notebook's kernel is told of it."""
    folder = tmp_path_factory.mktemp("notebooks")
    told = surroundings(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIBUNAL_STATE_DIR", told["TRIBUNAL_STATE_DIR"])
        assert run(folder / "ten-days", "--days", "10") == 0
    return folder / "ten-days", told


def surroundings(folder: Path) -> dict[str, str]:
    """An environment that leaves the user's own folders alone."""
    return {
        "TRIBUNAL_STATE_DIR": str(folder / "state"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PLOTLY_RENDERER": "plotly_mimetype",
    }


def outputs(notebook: nbformat.NotebookNode) -> list[Any]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def text_of(notebook: nbformat.NotebookNode) -> str:
    """All that it shows, but for the figures."""
    shown = [output.data for output in outputs(notebook) if output.output_type == "display_data"]
    return "\n".join(data.get("text/html", "") + data.get("text/markdown", "") for data in shown)


def test_there_are_five() -> None:
    assert [source.stem[:2] for source in SOURCES] == ["01", "02", "03", "04", "05"]


@pytest.mark.slow
@each
def test_it_runs_against_a_fresh_session_and_shows_something(
    source: Path, script: ModuleType, finished: tuple[Path, dict[str, str]]
) -> None:
    folder, told = finished
    done = script.execute(source, told | {"TRIBUNAL_RUN": str(folder)})
    assert {output.output_type for output in outputs(done)} == {"display_data"}, "a warning, an error or a stray value"
    assert any(DRAWN & output.data.keys() for output in outputs(done))
    assert "Reading the run **ten-days**" in text_of(done)
    assert str(folder.parent) not in json.dumps(done)


@pytest.mark.slow
def test_cost_and_latency_tells_of_models_that_failed_and_of_what_they_said(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = surroundings(tmp_path)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    turns = cycle((Turn.OK, Turn.OK, Turn.PROSE, Turn.OVERLOADED))
    with ModelServer(default=lambda _: next(turns)) as server:
        place = f"minds.providers.anthropic.base_url={server.url}"
        assert run(tmp_path / "models", "--days", "2", "--mind", "anthropic", "--set", place) == 0
    source = next(source for source in SOURCES if source.stem.startswith("03"))
    shown = text_of(script.execute(source, told | {"TRIBUNAL_RUN": str(tmp_path / "models")}))
    assert "ruled by the rules mind alone" not in shown
    assert re.search(r"\d+ attempts to get a word from a model, 0\.\d+ USD in all", shown)
    assert all(f"<th>{outcome}</th>" in shown for outcome in ("ok", "malformed", "overloaded"))
    assert "p95, ms" in shown


@pytest.mark.slow
def test_without_any_run_a_notebook_makes_one(script: ModuleType, tmp_path: Path) -> None:
    """In a copy of nothing but the rooms, where there is no runs/ folder."""
    for room in ("agents", "config", "execution", "market", "ops", "risk", "rl", "sentiment"):
        (tmp_path / "copy").mkdir(exist_ok=True)
        (tmp_path / "copy" / room).symlink_to(NOTEBOOKS.parent / room)
    told = surroundings(tmp_path) | {"PYTHONPATH": str(tmp_path / "copy")}
    source = next(source for source in SOURCES if source.stem.startswith("03"))
    assert "Reading the run **simulated**" in text_of(script.execute(source, told))


@each
def test_the_pair_is_one_and_small(source: Path) -> None:
    kept = source.with_suffix(".ipynb")
    ours, theirs = jupytext.read(source), jupytext.read(kept)
    assert [(cell.cell_type, cell.source) for cell in ours.cells] == [
        (cell.cell_type, cell.source) for cell in theirs.cells
    ], "run `make notebooks`"
    assert kept.stat().st_size < MOST_BYTES
    assert not re.search(r"/(home|Users|tmp|root)/", kept.read_text(encoding="utf-8"))


@each
def test_it_defines_nothing(source: Path) -> None:
    defined = [
        node.name
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    assert defined == []


@each
def test_it_chooses_its_run_by_the_shared_function(source: Path) -> None:
    assert "\nrun = choose_run()\n" in source.read_text(encoding="utf-8")


def test_the_named_run_comes_before_the_newest_one(
    reading: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reading.agents, "__file__", str(tmp_path / "agents" / "__init__.py"))
    for age, name in enumerate(("old", "new")):
        journal = tmp_path / "runs" / name / "journal.db"
        journal.parent.mkdir(parents=True)
        journal.touch()
        os.utime(journal, (age, age))
    monkeypatch.delenv("TRIBUNAL_RUN", raising=False)
    assert reading.choose_run() == Path("runs/new")
    monkeypatch.setenv("TRIBUNAL_RUN", "runs/old")
    assert reading.choose_run() == Path("runs/old")


def test_text_from_outside_stays_text(reading: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[HTML] = []
    monkeypatch.setattr(reading, "display", shown.append)
    reading.show([{"<b>said</b>": "<script>alert(1)</script><img src=x onerror=alert(1)>"}])
    assert "&lt;script&gt;" in shown[0].data
    assert not re.search(r"<(script|img|b)\b", shown[0].data)


def test_a_run_that_is_none_is_refused(script: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no journal is there"):
        script.main([str(tmp_path)])
