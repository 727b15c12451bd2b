"""Tables of a training: what each seed learnt, and what all of them together say on the validation part."""

import json
import sys
from pathlib import Path
from typing import NamedTuple

from config.frozen import Frozen
from ops.tables.grid import Grid, open_console
from ops.tables.plain import count, ratio
from rl.model import PolicyModel
from rl.training.product import Product, said_of, warnings_of
from rl.training.world import Judged

_USUAL = "paper"
"""The profile that `tribunal run` takes by itself."""


def _profile_of(model: PolicyModel) -> str | None:
    """The profile that a model was trained under, if a command has to name it."""
    named = model.card.configuration.get("profile")
    return named if isinstance(named, str) and named != _USUAL else None


class SeedRow(Frozen):
    """One seed: steps that it was trained, gain of Sharpe over the base on the validation part, multiplier over base, its
    departure from 1, and the hash of its parameters."""

    seed: int
    steps: int
    gain: float
    ratio: float
    departure: float
    parameters_sha256: str


class Trained(Frozen):
    """A model as it was written. `simulated_days`: how much of the simulated market it was trained on; None for recorded bars.
    `profile`: under which, if it is not the usual one. `timeframe`: the length of a bar, if it was asked for."""

    folder: str
    sha256: str
    said: str
    base: str
    trials: int
    decisions: int
    gap_days: float
    rows: tuple[SeedRow, ...]
    warnings: tuple[str, ...]
    simulated_days: int | None
    profile: str | None = None
    timeframe: str | None = None

    @classmethod
    def of(
        cls, folder: Path, product: Product, simulated_days: int | None = None, timeframe: str | None = None
    ) -> "Trained":
        """What is shown of a product."""
        base = product.model.card.base
        target = base["target_daily_volatility"]
        return cls(
            folder=str(folder),
            sha256=product.model.sha256,
            said=said_of(product.judged),
            base="the ruling as it stands"
            if target is None
            else f"volatility target {target:.1%} a day, blend {base['blend']:g}",
            trials=product.model.card.trials,
            decisions=product.about["decisions"],
            gap_days=product.about["gap_days"],
            rows=tuple(
                SeedRow(
                    seed=made.seed,
                    steps=made.steps,
                    gain=made.judged.gain,
                    ratio=made.judged.ratio,
                    departure=made.judged.departure,
                    parameters_sha256=made.parameters,
                )
                for made in product.results
            ),
            warnings=warnings_of(product),
            simulated_days=simulated_days,
            profile=_profile_of(product.model),
            timeframe=timeframe,
        )


def show_training(trained: Trained, *, as_json: bool) -> None:
    """Print a training on stdout: a table and sentences, or only JSON with `as_json`."""
    if as_json:
        sys.stdout.write(trained.model_dump_json() + "\n")
        return
    console = open_console(sys.stdout)
    console.print(_grid(trained).table())
    console.print(_sentences(trained))


class Compared(NamedTuple):
    """A candidate and the model in place on the latest days, which neither has seen."""

    days: int
    candidate: Judged
    in_place: Judged


def show_retraining(trained: Trained, compared: Compared, folder: Path, *, as_json: bool) -> None:
    """Print a retraining on stdout: tables and sentences, or only JSON with `as_json`."""
    if as_json:
        both = {
            "days": compared.days,
            "candidate": compared.candidate._asdict(),
            "in_place": compared.in_place._asdict(),
        }
        sys.stdout.write(json.dumps({"trained": trained.model_dump(mode="json"), "compared": both}) + "\n")
        return
    console = open_console(sys.stdout)
    console.print(_grid(trained).table())
    rows = (("candidate", compared.candidate), ("in place", compared.in_place))
    console.print(
        Grid(
            title=f"The latest {compared.days} days, which neither has seen",
            columns=("model", "Sharpe", "of its base", "multiplier / base"),
            rows=tuple((name, ratio(x.sharpe), ratio(x.base_sharpe), ratio(x.ratio)) for name, x in rows),
        ).table()
    )
    console.print(
        f"So few days prove nothing. The model in {folder} was not changed.\n"
        f"Next: tribunal evaluate --model {trained.folder} --data PATH, and if its verdict is passed, tribunal retrain {folder} "
        "--promote-as NAME"
    )


def show_promotion(folder: Path, model: PolicyModel) -> None:
    """Say that a model stands in a folder now."""
    console = open_console(sys.stdout)
    console.print(f"{folder} holds {model.sha256[:12]} now. The model before it lies in {folder}/earlier.")


def _grid(trained: Trained) -> Grid:
    return Grid(
        title="Seeds",
        columns=("seed", "steps", "Sharpe over base", "multiplier / base", "departure", "parameters"),
        rows=tuple(
            (
                str(row.seed),
                f"{row.steps:,}",
                f"{row.gain:+.2f}",
                ratio(row.ratio),
                f"{row.departure:.0%}",
                row.parameters_sha256[:12],
            )
            for row in trained.rows
        ),
    )


def _sentences(trained: Trained) -> str:
    days = trained.simulated_days
    bars = "--data PATH" if days is None else f"--simulated --days {days}"
    world = "" if trained.profile is None else f"--profile {trained.profile} "
    world += "" if trained.timeframe is None else f"--timeframe {trained.timeframe} "
    lines = [
        f"Base: {trained.base}. It was tuned on the training part: {count(trained.decisions, 'decision')}, and a gap of "
        f"{trained.gap_days:.1f} days before the validation part.",
        f"All seeds together, shrunk by their disagreement: {trained.said}.",
        *trained.warnings,
        f"{count(trained.trials, 'configuration')} tried on bars like these so far. The validation part chose when to stop, "
        "so it proves nothing.",
        f"Model: {trained.folder} (sha256 {trained.sha256[:12]})",
        f"Next: tribunal run {world}--set rl.mode=advisory rl.model={trained.folder}  (its opinion beside each ruling, no "
        "size changed)",
        f"Then: tribunal evaluate --model {trained.folder} {world}{bars}  (says whether it is better than its base)",
    ]
    return "\n".join(lines)
