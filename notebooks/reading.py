"""What every notebook does first: choose the run, perhaps a policy, and show rows as a table.

It reads only files of the user's own runs. Text from a run (headlines, model replies) is escaped before it is shown.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.display import HTML, Markdown, display

import agents
from agents.desk.kept import kept_request
from agents.records.folder import journal_of
from rl.features import known_schemas
from rl.model import CARD, PolicyModel, load_model

STYLE = "<style>table.told td, table.told th {text-align: left; vertical-align: top}</style>"


def choose_run() -> Path:
    """Return the folder of the run to read, relative to the repository, which becomes the current folder.

    The run is the one that TRIBUNAL_RUN names; otherwise the newest in `runs/`; otherwise a simulated run of ten days that
    is deleted when the notebook ends. Raises CalledProcessError when that simulated run fails.
    """
    os.chdir(Path(agents.__file__).parents[1])
    if given := os.environ.get("TRIBUNAL_RUN"):
        return Path(given)
    journals = (journal_of(folder) for folder in Path("runs").glob("*"))
    finished = sorted((journal for journal in journals if journal.is_file()), key=os.path.getmtime)
    return finished[-1].parent if finished else _simulated()


def choose_policy(run: Path, served: str | None) -> PolicyModel | None:
    """Return the policy in the folder that TRIBUNAL_MODEL names; otherwise that of the run; otherwise `models/default`.

    The journal holds only the name of the run's policy, `served`; where its folder lies is in the request of the run. None, and
    a sentence that says what to do, if no policy lies there. Raises UsageFault for a damaged one.
    """
    request = kept_request(run) if served else None
    asked = None if request is None else request.policy
    folder = Path(os.environ.get("TRIBUNAL_MODEL") or asked or served or "models/default").expanduser()
    if (folder / CARD).is_file():
        return load_model(folder, known_schemas())
    todo = "`make train` trains one into models/default, and `TRIBUNAL_MODEL` names another folder."
    display(Markdown(f"No trained policy lies in {folder.name}, so what it answers cannot be drawn: {todo}"))
    return None


def show(rows: Any) -> None:
    """Show rows as a table, or "Nothing." if there are none. `rows`: anything that `pandas.DataFrame` takes."""
    frame = pd.DataFrame(rows)
    with pd.option_context("display.max_colwidth", None, "display.html.use_mathjax", False):
        table = frame.to_html(index=False, classes="told", border=0, na_rep="–")
    display(HTML(STYLE + table if len(frame) else "Nothing."))


def peaks(at: Any, share: Any, most: int = 1_500) -> pd.DataFrame:
    """Return the columns `at` and `share` of a line in at most `most` points: of neighbours, the last time and the highest value.

    `at` and `share` have shape (n_bars,). A figure of a year of minutes would otherwise weigh more than all others together.
    """
    frame = pd.DataFrame({"at": at, "share": share})
    return frame.groupby(frame.index * most // max(len(frame), most)).agg({"at": "last", "share": "max"})


def _simulated() -> Path:
    scratch = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    run = Path(scratch) / "simulated"
    command = [sys.executable, "-m", "agents.run", "--days", "10", "--quiet", "--out", str(run)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return run
