"""A trained policy as it is served: a folder with `model.json` (what it is) and `weights.npz` (its numbers).

It is read and asked in numpy alone, so a session never loads torch. The answer is the mean action of all seeds, shrunk by their
disagreement (decision 31); no seed is chosen. Answers are computed in float64 and rounded to six decimals, so that the order of a
sum, which differs between processors, does not change what a journal holds.

The SHA-256 of a model is that of `model.json`, which names the SHA-256 of `weights.npz`: it covers all that decides an answer.
Both files have the same bytes for the same numbers, and are written whole. A folder that is damaged, of another format or of
other features is refused before anything starts.
"""

import hashlib
import io
import math
import zipfile
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue, ValidationError

from config.errors import DataFault, OutputFault, UsageFault
from config.files import write_whole
from config.frozen import Frozen, UtcTime
from market.timeframe import Timeframe
from rl.networks import LAYERS, Networks, asker_of, bounded_actions
from rl.training_range import Scaler, TrainingRange

Floats = NDArray[np.float64]

CARD, WEIGHTS = "model.json", "weights.npz"
FORMAT = 1
LEAST_TRUST, DISTRUST = 0.25, 2.0
DECIMALS = 6
_MOST_BYTES = 64 * 2**20
_COLUMNS = ("mean", "sd", "fill", "low", "high", "missing", "centre")
"""Arrays with one number for each feature."""
_ARRAYS = (*_COLUMNS, "precision", *LAYERS)
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every member of the archive, so that the same numbers give the same bytes."""


class Span(Frozen):
    """A span of the bars that training has read: from the first close to the last."""

    start_utc: UtcTime
    end_utc: UtcTime


class Card(Frozen):
    """What a policy is, and what it was trained on.

    `features` with `schema_sha256`: what it reads (`rl.features`); `base`: the parameters of its base rule; `universe` and
    `timeframe`: the markets and bars it was trained for; `spans`: all that training, tuning and choosing have read; `data`:
    SHA-256 of each file of bars, by name; `libraries`: versions; `configuration`: what the training was asked for; `trials`:
    configurations that were tried, this one included; `seeds`: of the networks, in the order of the weights.
    """

    name: str = Field(min_length=1)
    features: tuple[str, ...] = Field(min_length=1)
    schema_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    base: dict[str, float | None]
    universe: tuple[str, ...] = Field(min_length=1)
    timeframe: Timeframe
    spans: tuple[Span, ...] = Field(min_length=1)
    data: dict[str, str]
    libraries: dict[str, str]
    configuration: dict[str, JsonValue]
    trials: int = Field(ge=1)
    seeds: tuple[int, ...] = Field(min_length=1)


class _Written(Frozen):
    """`model.json`."""

    format: Literal[1] = 1
    weights_sha256: str
    threshold: float
    margin: float
    card: Card


@dataclass(frozen=True, eq=False)
class PolicyModel:
    """A trained policy. It is made by training or read from its folder, and never changed."""

    card: Card
    scaler: Scaler
    range: TrainingRange
    networks: Networks
    _read: Networks = field(init=False, repr=False)
    _asked: Callable[[Floats], list[float]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Raises DataFault for numbers that are not finite, or whose shapes do not fit each other."""
        arrays, n = self._arrays(), len(self.card.features)
        if not all(np.isfinite(array).all() for array in arrays.values()) or not math.isfinite(self.range.threshold):
            raise DataFault(
                f"The policy {self.card.name} has weights that are not finite, so it was refused. Train it again."
            )
        sound = (
            all(arrays[name].shape == (n,) for name in _COLUMNS)
            and arrays["precision"].shape == (n, n)
            and bool((self.scaler.sd > 0.0).all())
        )
        if not sound or self.networks.faulty(len(self.card.seeds), n):
            raise DataFault(
                f"The policy {self.card.name} has weights that do not fit its {n} features and {len(self.card.seeds)} seeds, so "
                "it was refused. Train it again."
            )
        object.__setattr__(self, "_read", self.networks.blind_to(self.range.unread))
        object.__setattr__(self, "_asked", asker_of(self._read, self.scaler))

    @property
    def name(self) -> str:
        return self.card.name

    def answer(self, features: Floats) -> tuple[float, float]:
        """The action in [-1, 1] and the disagreement of the seeds, its standard deviation over them; both dimensionless.

        `features`: float64, shape (n_features,), as `rl.features` encodes them, NaN where missing [their units].
        """
        each, apart = self._asked(features), 0.0
        mean = sum(each) / len(each)
        for one in each:
            apart += (one - mean) * (one - mean)
        spread = math.sqrt(apart / len(each))
        return round(mean * max(LEAST_TRUST, 1.0 - DISTRUST * spread), DECIMALS), round(spread, DECIMALS)

    def answers(self, features: Floats) -> tuple[Floats, Floats]:
        """Actions and disagreements of many observations: float64, shape (n,) each, dimensionless, as `answer` gives them.

        `features`: float64, shape (n, n_features), NaN where missing [their units].
        """
        each = bounded_actions(self._read, self.scaler.scaled(features))
        mean, spread = each.mean(axis=0), each.std(axis=0)
        shrunk = mean * np.maximum(LEAST_TRUST, 1.0 - DISTRUST * spread)
        return np.round(shrunk, DECIMALS), np.round(spread, DECIMALS)

    def unusual(self, features: Floats) -> str | None:
        """Why the policy has not seen such an observation in training, in words; None if it has.

        `features`: float64, shape (n_features,), NaN where missing [their units].
        """
        return self.range.unusual(features, self.scaler, self.card.features)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of what decides the answers, in hexadecimal digits."""
        return hashlib.sha256(self._files()[CARD]).hexdigest()

    def save(self, folder: Path) -> None:
        """Write the model into a folder, which is made if it is not there. Raises OutputFault; weights are written first, so a
        folder that was half written is refused."""
        files = self._files()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in (WEIGHTS, CARD):
                write_whole(folder / name, files[name], durable=True)
        except OSError as fault:
            raise OutputFault(
                f"The policy {self.name} cannot be written to {folder} ({fault.strerror}). Nothing can be served from there. "
                "Give another folder."
            ) from fault

    def _arrays(self) -> dict[str, Floats]:
        parts = (self.scaler, self.range, self.networks)
        return {name: getattr(part, name) for part in parts for name in _ARRAYS if hasattr(part, name)}

    def _files(self) -> dict[str, bytes]:
        weights = _archive(self._arrays())
        written = _Written(
            weights_sha256=hashlib.sha256(weights).hexdigest(),
            threshold=self.range.threshold,
            margin=self.range.margin,
            card=self.card,
        )
        return {CARD: (written.model_dump_json(indent=1) + "\n").encode(), WEIGHTS: weights}


def load_model(folder: Path, schemas: Collection[str] | None = None) -> PolicyModel:
    """The policy in a folder. Raises UsageFault, in one sentence, for a folder that cannot be served.

    `schemas`: the SHA-256 of all that this version can encode (`rl.features`); that of the policy must be among them.
    """
    text, weights = _read(folder / CARD), _read(folder / WEIGHTS)
    written = _card(folder, text)
    card = written.card
    if schemas is not None and card.schema_sha256 not in schemas:
        raise _refused(folder, "reads other features than this version of Tribunal computes", "Train it again")
    if hashlib.sha256(weights).hexdigest() != written.weights_sha256:
        raise _refused(folder, f"has another {WEIGHTS} than its {CARD} names", "Restore the folder from a copy")
    arrays = _unpacked(folder, weights)
    scaler = Scaler(arrays["mean"], arrays["sd"], arrays["fill"])
    bounds = {name: arrays[name] for name in ("low", "high", "missing", "centre", "precision")}
    known = TrainingRange(**bounds, threshold=written.threshold, margin=written.margin)
    try:
        model = PolicyModel(card, scaler, known, Networks(**{name: arrays[name] for name in LAYERS}))
    except DataFault as fault:
        raise _refused(
            folder, "holds weights that do not fit each other or are not finite", "Train it again"
        ) from fault
    if hashlib.sha256(text).hexdigest() != model.sha256:
        raise _refused(folder, f"has a {CARD} that was edited by hand", "Restore the folder from a copy")
    return model


def _card(folder: Path, text: bytes) -> _Written:
    try:
        return _Written.model_validate_json(text)
    except ValidationError as fault:
        wrong = fault.errors(include_url=False, include_context=False, include_input=False)[0]
        if wrong["loc"] == ("format",):
            raise _refused(
                folder, f"is of another format than {FORMAT}", "Serve it with the version that trained it"
            ) from fault
        place = ".".join(str(part) for part in wrong["loc"]) or CARD
        raise _refused(
            folder, f"has a {CARD} that cannot be read ({place}: {wrong['msg']})", "Train it again"
        ) from fault


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _refused(
                path.parent, f"has a {path.name} of more than {_MOST_BYTES:,} bytes", "Give the folder of a policy"
            )
        return path.read_bytes()
    except OSError as fault:
        raise _refused(
            path.parent,
            f"has no {path.name} that can be read ({fault.strerror})",
            "Give the folder that `tribunal train` wrote",
        ) from fault


def _archive(arrays: Mapping[str, Floats]) -> bytes:
    """The bytes of an `.npz` file, the same for the same arrays."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as packed:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array, dtype=np.float64), allow_pickle=False)
            packed.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), member.getvalue())
    return stream.getvalue()


def _unpacked(folder: Path, weights: bytes) -> dict[str, Floats]:
    try:
        with np.load(io.BytesIO(weights), allow_pickle=False) as packed:
            return {name: np.ascontiguousarray(packed[name], dtype=np.float64) for name in _ARRAYS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as fault:
        raise _refused(folder, f"has a {WEIGHTS} that cannot be read", "Restore the folder from a copy") from fault


def _refused(folder: Path, why: str, todo: str) -> UsageFault:
    return UsageFault(f"The policy in {folder} {why}. Nothing was started. {todo}, or set rl.mode to off.")
