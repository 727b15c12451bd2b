"""The notebooks: each runs on a fresh session, equals its source, and holds no logic of its own.

The script behind `make notebooks` executes them, each in its own kernel and without a network.
"""

import ast
import importlib.util
import json
import os
import re
import sys
import tomllib
from itertools import cycle
from pathlib import Path
from types import ModuleType
from typing import Any

import jupytext
import nbformat
import pytest
from IPython.display import HTML
from model_server import KEY, ModelServer, Turn
from policy_support import served
from run_support import run

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SOURCES = sorted(NOTEBOOKS.glob("[0-9]*.py"))
MOST_BYTES = 200_000
MOST_OF_A_PAGE = 1_000_000
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


@pytest.fixture(scope="module")
def pages() -> ModuleType:
    """notebooks/pages.py."""
    return loaded("pages")


def loaded(name: str) -> ModuleType:
    """A module of the folder notebooks/, which is not a package."""
    if str(NOTEBOOKS) not in sys.path:
        sys.path.append(str(NOTEBOOKS))  # as for a script that is started there
    spec = importlib.util.spec_from_file_location(f"notebook_{name}", NOTEBOOKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A run of ten simulated days, and what a notebook's kernel is told of it and of a policy."""
    folder = tmp_path_factory.mktemp("notebooks")
    served().save(folder / "model")
    told = surroundings(folder) | {"TRIBUNAL_MODEL": str(folder / "model")}
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


def test_there_are_six() -> None:
    assert [source.stem[:2] for source in SOURCES] == ["01", "02", "03", "04", "05", "06"]


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
    assert len(loaded("pages").page_of(done, source.stem, ()).encode()) < MOST_OF_A_PAGE


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


@pytest.mark.long
def test_the_one_on_the_policy_tells_where_it_left_its_base_and_what_to_do_where_there_is_none(
    script: ModuleType, finished: tuple[Path, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, told = finished
    source = next(source for source in SOURCES if source.stem == script.ON_THE_POLICY)
    monkeypatch.setenv("TRIBUNAL_STATE_DIR", told["TRIBUNAL_STATE_DIR"])
    policy = ("--set", "rl.mode=advisory", f"rl.model={folder.parent / 'model'}")
    assert run(tmp_path / "asked", "--days", "10", *policy) == 0
    alone = {name: value for name, value in told.items() if name != "TRIBUNAL_MODEL"}
    shown = text_of(script.execute(source, alone | {"TRIBUNAL_RUN": str(tmp_path / "asked")}))
    assert "No trained policy" not in shown  # it lies where the run found it
    assert "largest departure" in shown
    assert re.search(r"the policy drawn \(advisory\) was asked in \d+ cases", shown)
    assert "more than its base" in shown
    none = text_of(
        script.execute(source, told | {"TRIBUNAL_RUN": str(folder), "TRIBUNAL_MODEL": str(tmp_path / "nowhere")})
    )
    assert "no policy was asked" in none
    assert "No trained policy lies in nowhere" in none
    assert "make train" in none


@pytest.mark.long
def test_without_any_run_a_notebook_makes_one(script: ModuleType, tmp_path: Path) -> None:
    """In a copy of nothing but the rooms, where there is no runs/ folder."""
    for room in ("agents", "config", "execution", "market", "ops", "risk", "rl", "sentiment"):
        (tmp_path / "copy").mkdir(exist_ok=True)
        (tmp_path / "copy" / room).symlink_to(NOTEBOOKS.parent / room)
    told = surroundings(tmp_path) | {"PYTHONPATH": str(tmp_path / "copy")}
    source = next(source for source in SOURCES if source.stem.startswith("03"))
    assert "Reading the run **simulated**" in text_of(script.execute(source, told))


def figure_of(text: str) -> nbformat.NotebookNode:
    """An executed notebook that shows a text from outside in each way, and a figure with it."""
    figure = {"data": [{"x": [1], "y": [2], "name": text}], "layout": {"height": 300}}
    shown = [
        {"text/markdown": text},
        {"text/plain": text},
        {"application/vnd.plotly.v1+json": figure, "text/html": "no"},
    ]
    cell = nbformat.v4.new_code_cell(f"print({text!r})")
    cell.outputs = [nbformat.v4.new_output("display_data", data=data) for data in shown]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# Title\n\n{text}"), cell])


def test_pages_share_one_plotly_and_need_no_network(pages: ModuleType, tmp_path: Path) -> None:
    made = {f"0{n}_page": figure_of("x") for n in range(5)}
    pages.write_pages(made, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(f"{name}.html" for name in sorted(made)),
        "plotly.min.js",
    ]
    assert (tmp_path / "plotly.min.js").stat().st_size > 1_000_000
    for name in made:
        page = (tmp_path / f"{name}.html").read_text(encoding="utf-8")
        assert len(page) < 10_000
        assert page.count("plotly.min.js") == 1
        assert not re.search(r"(?:src|href)=.(?:https?:)?//", page)
        (found,) = re.findall(r'<script class="figure" type="application/json">(.*?)</script>', page)
        assert json.loads(found)["data"][0]["name"] == "x"


def test_text_from_outside_stays_text_on_a_page(pages: ModuleType) -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    page = pages.page_of(figure_of(evil), "01_page", ("01_page",))
    assert page.count("<script") == 3, "the figure's data, plotly.js and what draws"
    assert "<img" not in page


def test_a_long_line_is_drawn_by_its_peaks(reading: ModuleType) -> None:
    share = [0.0] * 10_000
    share[4_321] = 0.9
    drawn = reading.peaks(range(10_000), share)
    assert len(drawn) <= 1_500
    assert drawn["share"].max() == 0.9
    assert drawn["at"].iloc[-1] == 9_999
    assert list(reading.peaks([1, 2], [0.1, 0.2])["share"]) == [0.1, 0.2]


def test_the_notebooks_have_an_extra_of_their_own_without_torch() -> None:
    project = tomllib.loads((NOTEBOOKS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = " ".join(project["optional-dependencies"]["notebooks"])
    assert {"ipykernel", "jupytext", "nbclient"} <= set(re.findall(r"[a-z-]+", asked))
    assert not {"torch", "stable-baselines3"} & set(re.findall(r"[a-z0-9-]+", asked))


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
