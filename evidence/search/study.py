"""A search that can be stopped and resumed at any time: an Optuna study in a journal file, in rounds of fixed size.

A round is proposed as a whole, tried by the workers, and its results are stored in order. So the same seed gives the same study
with any number of workers and any number of interruptions. An interrupted round is tried again from its start; stored results
stay.
"""

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from config.errors import OutputFault, UsageFault
from config.frozen import Frozen
from evidence.search.figures import Figures
from evidence.search.space import Axis, Values, all_points

ROUND = 16
JOURNAL = "study.jsonl"
_WORST = -1e9
"""The value that is stored for a set without a Sharpe ratio, because its returns were constant."""


class Known(Frozen):
    """One set that was tried. `sharpe` is annual; None for constant returns.

    `figures` is None in a study of a version that did not keep them. `alike` counts the sets that made the same fills, this one
    included.
    """

    number: int
    values: Values
    sharpe: float | None
    signed: int
    figures: Figures | None = None
    alike: int = 1


def ranked(known: Sequence[Known]) -> tuple[Known, ...]:
    """The sets by their Sharpe ratio, best first, none twice.

    Of sets with the same values, or with the same fills, the first that was tried stands for all of them.
    """
    best: dict[str, Known] = {}
    for each in sorted(known, key=lambda each: (each.sharpe is None, -(each.sharpe or 0.0), each.number)):
        mark = json.dumps(each.values, sort_keys=True) if each.figures is None else each.figures.fills
        first = best.get(mark)
        best[mark] = each if first is None else first.model_copy(update={"alike": first.alike + 1})
    return tuple(best.values())


class Study:
    """A study in a folder. Raises OutputFault when it cannot be written, UsageFault when the folder holds another search."""

    def __init__(self, folder: Path, axes: Sequence[Axis], sampler: str, seed: int, about: dict[str, Any]) -> None:
        import optuna
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        self._optuna = optuna
        self._axes = tuple(axes)
        self._sampler = sampler
        self._seed = seed
        try:
            folder.mkdir(parents=True, exist_ok=True)
            backend = JournalFileBackend(str(folder / JOURNAL))
            storage = optuna.storages.JournalStorage(backend)
            self._study = optuna.create_study(
                study_name="sweep", storage=storage, direction="maximize", load_if_exists=True
            )
        except OSError as fault:
            raise OutputFault(
                f"The study cannot be stored in {folder} ({fault.strerror}). Nothing was started; give another --out."
            ) from fault
        self._same(folder, json.dumps(about, sort_keys=True))

    def known(self) -> list[Known]:
        """The results so far, in their order."""
        return [
            Known(
                number=trial.number,
                values=dict(trial.user_attrs["values"]),
                sharpe=None if trial.value is None or trial.value <= _WORST else trial.value,
                signed=int(trial.user_attrs["signed"]),
                figures=_figures(trial.user_attrs.get("figures")),
            )
            for trial in self._told()
        ]

    def rounds(self, trials: int) -> Iterator[list[Values]]:
        """The sets to try next, round by round, until `trials` sets have a result. Call `tell` before the next round."""
        while (done := len(self._told())) < trials:
            size = min(ROUND, trials - done)
            yield self._proposed(done, size)

    def tell(
        self,
        sets: Sequence[Values],
        found: Sequence[tuple[float | None, int]],
        figures: Sequence[Figures] | None = None,
    ) -> None:
        """Store the results of a round: Sharpe ratio and number of signed orders of each set, in its order, and its figures."""
        spread = self._distributions()
        kept = [None] * len(sets) if figures is None else [each.model_dump(mode="json") for each in figures]
        for values, (sharpe, signed), made in zip(sets, found, kept, strict=True):
            self._study.add_trial(
                self._optuna.trial.create_trial(
                    params={key: str(value) for key, value in values.items()},
                    distributions=spread,
                    value=_WORST if sharpe is None else sharpe,
                    user_attrs={"values": values, "signed": signed, **({"figures": made} if made else {})},
                )
            )

    def _told(self) -> list[Any]:
        return list(self._study.get_trials(deepcopy=False))

    def _proposed(self, done: int, size: int) -> list[Values]:
        """The next sets: from the grid in its order, or from the sampler, which uses the stored results."""
        if self._sampler == "grid":
            return all_points(self._axes)[done : done + size]
        kind: Callable[..., Any] = self._optuna.samplers.TPESampler
        if self._sampler == "random":
            kind = self._optuna.samplers.RandomSampler
        thinking = self._optuna.create_study(direction="maximize", sampler=kind(seed=self._seed + done))
        thinking.add_trials(self._told())
        spread = self._distributions()
        asked = [thinking.ask(fixed_distributions=spread) for _ in range(size)]
        return [{axis.key: float(trial.params[axis.key]) for axis in self._axes} for trial in asked]

    def _distributions(self) -> dict[str, Any]:
        kind = self._optuna.distributions.CategoricalDistribution
        return {axis.key: kind([str(value) for value in axis.values]) for axis in self._axes}

    def _same(self, folder: Path, about: str) -> None:
        known = self._study.user_attrs.get("about")
        if known is None:
            self._study.set_user_attr("about", about)
        elif known != about:
            raise UsageFault(
                f"{folder} holds a study of other bars, settings or parameters. Nothing was started; repeat its options to "
                "resume it, or give another --out."
            )


def _figures(stored: dict[str, Any] | None) -> Figures | None:
    return None if stored is None else Figures.model_validate(stored)
