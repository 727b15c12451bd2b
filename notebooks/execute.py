"""Pairs the notebooks with their sources and executes them: `python notebooks/execute.py [RUN …]`, or `make
notebooks`.

Without a run, it makes the notebooks of the repository again from the sources beside this file, executed on a
simulated session of ten days, so that they hold the same figures on every machine. The one on the policy is executed on a session
of ninety days with the policy of `make train`, and stays as it is if there is none. With runs, it executes a copy of
each notebook on each run, in RUN/notebooks, and makes a page of each that opens in any browser without a network. The
notebooks of the repository then stay unchanged. It refuses to save a notebook in which a cell failed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from pages import write_pages
from traitlets.config import Config

from agents.records.folder import journal_of

HERE = Path(__file__).resolve().parent
SOURCES = sorted(HERE.glob("[0-9]*.py"))
ON_THE_POLICY = "06_what_the_policy_learned"
TRAINED = HERE.parent / "models" / "default"
TIMEOUT_S = 600
RENDERER = "plotly_mimetype"
"""Plotly's renderer: a figure as data alone, which Jupyter, VS Code and our pages draw. Others hold all of plotly.js (5 MB)."""


def paired(source: Path) -> nbformat.NotebookNode:
    """Return the notebook of a source, with numbered cells, so that the same source gives the same file."""
    notebook: nbformat.NotebookNode = jupytext.read(source)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number}"
    return notebook


def execute(source: Path, environment: dict[str, str]) -> nbformat.NotebookNode:
    """Return the notebook with its outputs. Raises CellExecutionError when a cell fails.

    The kernel is reached through sockets in a folder that only this user can open, and not over TCP.
    """
    notebook = paired(source)
    with tempfile.TemporaryDirectory() as private:
        sockets = {"transport": "ipc", "connection_file": str(Path(private) / "kernel.json")}
        client = NotebookClient(
            notebook,
            config=Config(KernelManager=sockets),
            kernel_name="python3",
            timeout=TIMEOUT_S,
            record_timing=False,
        )
        client.execute(cwd=str(HERE), env=os.environ | environment)
    notebook.metadata.language_info.pop("version")  # the version of this machine
    return notebook


def execute_all(run: Path, folder: Path, sources: Sequence[Path] = tuple(SOURCES)) -> dict[str, nbformat.NotebookNode]:
    """Execute notebooks on `run`, and write them to `folder`. Returns them by name."""
    environment = {"TRIBUNAL_RUN": str(run.resolve()), "PLOTLY_RENDERER": RENDERER}
    done = {}
    for source in sources:
        sys.stdout.write(f"{source.stem} of {run.name}\n")
        done[source.stem] = execute(source, environment)
        nbformat.write(done[source.stem], folder / f"{source.stem}.ipynb")
    return done


def main(runs: list[str]) -> None:
    """Execute on these runs, or make the notebooks of the repository again."""
    strange = [run for run in runs if not journal_of(Path(run)).is_file()]
    if strange:
        sys.exit(f"{', '.join(strange)}: no journal is there, so nothing was executed. Give folders of finished runs.")
    for given in map(Path, runs):
        (given / "notebooks").mkdir(exist_ok=True)
        shutil.copyfile(HERE / "reading.py", given / "notebooks" / "reading.py")
        write_pages(execute_all(given, given / "notebooks"), given / "notebooks")
    if not runs:
        with tempfile.TemporaryDirectory() as scratch:
            on_policy = [source for source in SOURCES if source.stem == ON_THE_POLICY]
            others = [source for source in SOURCES if source not in on_policy]
            execute_all(_simulated(Path(scratch) / "ten-simulated-days", "--days", "10"), HERE, others)
            if (TRAINED / "model.json").is_file():
                told = ("--days", "90", "--set", "rl.mode=advisory", "rl.model=models/default")
                execute_all(_simulated(Path(scratch) / "ninety-simulated-days", *told), HERE, on_policy)
            else:
                sys.stdout.write(f"{ON_THE_POLICY} stays as it is: it needs a trained policy. Run make train first.\n")


def _simulated(run: Path, *options: str) -> Path:
    command = [sys.executable, "-m", "agents.run", *options, "--quiet", "--out", str(run)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=HERE.parent)
    return run


if __name__ == "__main__":
    main(sys.argv[1:])
