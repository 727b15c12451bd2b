"""A search that can be stopped at any moment: an Optuna study in a journal file, asked and told in rounds of fixed size.

A round is proposed as a whole, tried by whoever is there, and told in its order: so the same seed gives the same study, with one
worker or with ten, in one go or in many. A round that was broken off is tried again from its beginning; what was told stays.
"""

import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from config.errors import OutputFault, UsageFault
from config.frozen import Frozen
from evidence.search.space import Axis, Values, all_points

ROUND = 16
JOURNAL = "study.jsonl"
_WORST = -1e9
"""Told for a set whose Sharpe ratio is undefined, because nothing varied."""


class Known(Frozen):
    """One set that was tried. `sharpe` is annual, None where nothing varied."""

    number: int
    values: Values
    sharpe: float | None
    signed: int


class Study:
    """A study in a folder. Raises OutputFault where it cannot be kept, UsageFault where the folder holds another search."""

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
                f"The study cannot be kept in {folder} ({fault.strerror}). Nothing was started; give another --out."
            ) from fault
        self._same(folder, json.dumps(about, sort_keys=True))

    def known(self) -> list[Known]:
        """What was told so far, in its order."""
        return [
            Known(
                number=trial.number,
                values=dict(trial.user_attrs["values"]),
                sharpe=None if trial.value is None or trial.value <= _WORST else trial.value,
                signed=int(trial.user_attrs["signed"]),
            )
            for trial in self._told()
        ]

    def rounds(self, trials: int) -> Iterator[list[Values]]:
        """What is to be tried next, round by round, until `trials` sets are told. Tell each round before the next is drawn."""
        while (done := len(self._told())) < trials:
            size = min(ROUND, trials - done)
            yield self._proposed(done, size)

    def tell(self, sets: Sequence[Values], found: Sequence[tuple[float | None, int]]) -> None:
        """What became of a round: Sharpe ratio and signed orders of each set, in its order."""
        spread = self._distributions()
        for values, (sharpe, signed) in zip(sets, found, strict=True):
            self._study.add_trial(
                self._optuna.trial.create_trial(
                    params={key: str(value) for key, value in values.items()},
                    distributions=spread,
                    value=_WORST if sharpe is None else sharpe,
                    user_attrs={"values": values, "signed": signed},
                )
            )

    def _told(self) -> list[Any]:
        return list(self._study.get_trials(deepcopy=False))

    def _proposed(self, done: int, size: int) -> list[Values]:
        """The next sets: of the grid in its order, or of the sampler, which knows what was told."""
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
                f"{folder} holds a study of other bars, settings or parameters. Nothing was started; repeat its options to go "
                "on, or give another --out."
            )
