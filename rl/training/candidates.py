"""Candidates beside a model, and how one of them takes its place: by a verdict that was passed, and a human's name.

    MODEL/candidates/001        a model like any other, until it is in place
    MODEL/earlier/SHA           the models that stood in MODEL before

The model before is copied away and the history written first, so a promotion that is broken off loses nothing.
"""

import re
import shutil
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from config.errors import OutputFault, UsageFault
from rl.model import CARD, PolicyModel, load_model
from rl.serving.promise import VERDICT, read_verdict
from rl.training.product import CURVES, SEEDS, TRAINING, add_history

CANDIDATES, EARLIER = "candidates", "earlier"
_BESIDE = (TRAINING, CURVES, "learning.svg")
_NUMBER = re.compile(r"\d{3}")
_NAME = re.compile(r"[^\W_][\w .,'@+-]{0,79}")


def candidates(folder: Path) -> list[Path]:
    """The folders of candidates, the oldest first, finished or not."""
    found = (folder / CANDIDATES).glob("*") if (folder / CANDIDATES).is_dir() else ()
    return sorted(path for path in found if _NUMBER.fullmatch(path.name) and path.is_dir())


def next_candidate(folder: Path) -> Path:
    """Where the next candidate is trained: the last folder, if its training was not finished, or a new one."""
    known = candidates(folder)
    if known and not (known[-1] / CARD).exists():
        return known[-1]
    return folder / CANDIDATES / f"{int(known[-1].name) + 1 if known else 1:03d}"


def promote(folder: Path, name: str, schemas: Collection[str], now: datetime) -> PolicyModel:
    """Put the latest candidate in the place of the model in `folder`, by the word of `name`; returns it.

    Raises UsageFault without a candidate, without a verdict on it that was passed, or for a name that is none; and OutputFault.
    """
    if not _NAME.fullmatch(name.strip()):
        raise UsageFault(f"--promote-as {name!r} is no name of a human. Nothing was changed; give your name.")
    before = load_model(folder, schemas)
    finished = [path for path in candidates(folder) if (path / CARD).exists()]
    if not finished:
        raise UsageFault(
            f"{folder} has no candidate. Nothing was changed; train one with tribunal retrain {folder} --data."
        )
    chosen = finished[-1]
    model = load_model(chosen, schemas)
    if model.sha256 == before.sha256:
        raise UsageFault(f"The candidate {chosen.name} is the model in place already. Nothing was changed.")
    verdict = read_verdict(chosen, model.sha256)
    if verdict is None or not verdict.passed:
        why = "has no verdict" if verdict is None else f"did not pass its verdict ({verdict.why})"
        raise UsageFault(
            f"The candidate {chosen.name} {why}, so the model in place stays. Only a passed verdict promotes: tribunal evaluate "
            f"--model {chosen} --data PATH."
        )
    try:
        _keep(folder, before)
        add_history(
            folder,
            {
                "at_utc": now.isoformat(),
                "sha256": model.sha256,
                "what": f"candidate {chosen.name} promoted by {name.strip()}",
                "before": before.sha256,
                "verdict": verdict.why,
            },
        )
        for each in _BESIDE:
            if (chosen / each).exists():
                shutil.copyfile(chosen / each, folder / each)
        shutil.copytree(chosen / SEEDS, folder / SEEDS, dirs_exist_ok=True)
        model.save(folder)
        shutil.copyfile(chosen / VERDICT, folder / VERDICT)
    except OSError as fault:
        raise OutputFault(
            f"The candidate could not be put in place ({fault.strerror}). The model before lies in {folder / EARLIER}. Free some "
            "space, then repeat the command."
        ) from fault
    return model


def _keep(folder: Path, before: PolicyModel) -> None:
    """A copy of the model in place, with its verdict and its training."""
    place = folder / EARLIER / before.sha256[:16]
    before.save(place)
    for each in (*_BESIDE, VERDICT):
        if (folder / each).exists():
            shutil.copyfile(folder / each, place / each)
    if (folder / SEEDS).is_dir():
        shutil.copytree(folder / SEEDS, place / SEEDS, dirs_exist_ok=True)
        shutil.rmtree(folder / SEEDS)
