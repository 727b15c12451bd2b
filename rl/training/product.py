"""What training leaves: the model that is served, and beside it all that shows how it came to be.

    model.json, weights.npz      what is served (`rl.model`)
    seeds/seed-0000.zip          each seed as Stable-Baselines3 saves it
    training.json                plan, hashes of parameters, validation of each seed and of all together, the grid of the base
    curves.jsonl                 every point of every learning curve
    history.jsonl                each model that has stood in this folder, when, and by whose word

A folder is written whole: the card comes last, so a folder without one holds no model.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from config.errors import OutputFault
from config.files import write_whole
from rl.model import Card, PolicyModel
from rl.networks import Networks
from rl.training.learner import SeedResult
from rl.training.world import Judged, TrainingWorld
from rl.training_range import Scaler, TrainingRange

Floats = NDArray[np.float64]

SEEDS, TRAINING, CURVES, HISTORY = "seeds", "training.json", "curves.jsonl", "history.jsonl"
COLLAPSED, STILL = 0.9, 0.01
"""Share of decisions without a size above which a policy has collapsed; departure from the base below which it learnt nothing."""

_MOST_LISTED = 10

_LAYERS = {
    "w1": "mlp_extractor.policy_net.0.weight",
    "b1": "mlp_extractor.policy_net.0.bias",
    "w2": "mlp_extractor.policy_net.2.weight",
    "b2": "mlp_extractor.policy_net.2.bias",
    "w3": "action_net.weight",
    "b3": "action_net.bias",
}


class Product(NamedTuple):
    """A model, its seeds, and the validation of their shrunk mean."""

    model: PolicyModel
    results: tuple[SeedResult, ...]
    judged: Judged
    about: dict[str, Any]


def networks_of(results: Sequence[SeedResult]) -> Networks:
    """The actors of all seeds, stacked in their order."""
    stacked = {name: np.stack([made.weights[torch_name] for made in results]) for name, torch_name in _LAYERS.items()}
    wide = {name: array.astype(np.float64) for name, array in stacked.items()}
    return Networks(**wide | {"w3": wide["w3"][:, 0, :], "b3": wide["b3"][:, 0]})


def product_of(
    card: Card,
    scaler: Scaler,
    known: TrainingRange,
    results: Sequence[SeedResult],
    world: TrainingWorld,
    about: dict[str, Any],
) -> Product:
    """The model of these seeds. Raises DataFault for weights that are not finite."""
    model = PolicyModel(card, scaler, known, networks_of(results))
    return Product(model, tuple(results), world.judge(lambda features: model.answers(features)[0]), about)


def said_of(judged: Judged) -> str:
    """What a validation shows, in words."""
    if judged.zero > COLLAPSED:
        return (
            f"collapsed to zero: {judged.zero:.0%} of the decisions leave no size. A penalty that costs more than the edge is "
            "worth does this; lower it, or train longer"
        )
    if judged.departure < STILL:
        return "the base itself: nothing that was learnt was better on the validation part"
    return (
        f"Sharpe {judged.sharpe:.2f} against {judged.base_sharpe:.2f} of the base on the validation part; the multiplier is "
        f"{judged.ratio:.2f} times the base on average, and differs by {judged.departure:.0%}"
    )


def collapsed(made: SeedResult) -> bool:
    """Whether a seed left no size at the end of its training; what is kept of it may be better."""
    return bool(made.curve) and made.curve[-1].zero > COLLAPSED


def warnings_of(product: Product) -> tuple[str, ...]:
    """What a user should know of a training beside its result: seeds that collapsed, and penalties above the edge."""
    fallen = [made.seed for made in product.results if collapsed(made)]
    said = []
    if fallen:
        listed = ", ".join(map(str, fallen[:_MOST_LISTED])) + (" …" if len(fallen) > _MOST_LISTED else "")
        said.append(
            f"{len(fallen)} of {len(product.results)} seeds collapsed to zero in training (seed {listed}): at their end they "
            "left no size. What is kept of them is their best validation. Lower the penalties of --reward, or take other voters."
        )
    return (*said, *[made.warning for made in product.results if made.warning][:1])


def write_product(folder: Path, product: Product) -> None:
    """Write the folder of a model, its card last. Raises OutputFault."""
    lines = (json.dumps(point._asdict()) + "\n" for made in product.results for point in made.curve)
    files = {f"{SEEDS}/seed-{made.seed:04d}.zip": made.archive for made in product.results}
    files[CURVES] = "".join(lines).encode()
    files[TRAINING] = (json.dumps(_told(product), indent=1) + "\n").encode()
    try:
        (folder / SEEDS).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_whole(folder / name, content, durable=True)
    except OSError as fault:
        raise OutputFault(
            f"The model cannot be written to {folder} ({fault.strerror}); its checkpoints are kept. Free some space, then repeat "
            "the command."
        ) from fault
    product.model.save(folder)


def _told(product: Product) -> dict[str, Any]:
    seeds = [
        {
            "seed": made.seed,
            "parameters_sha256": made.parameters,
            "last_parameters_sha256": made.last_parameters,
            "steps": made.steps,
            "validation": made.judged._asdict() | {"gain": made.judged.gain},
            "said": said_of(made.judged),
        }
        for made in product.results
    ]
    return {
        "model_sha256": product.model.sha256,
        "validation": product.judged._asdict() | {"gain": product.judged.gain},
        "said": said_of(product.judged),
        "warnings": list(warnings_of(product)),
        "seeds": seeds,
        **product.about,
    }


def add_history(folder: Path, entry: dict[str, str]) -> None:
    """Add a line to the history of a model's folder; earlier lines are never changed. Raises OutputFault."""
    path = folder / HISTORY
    try:
        before = path.read_bytes() if path.exists() else b""
        write_whole(path, before + (json.dumps(entry) + "\n").encode(), durable=True)
    except OSError as fault:
        raise OutputFault(
            f"{path} cannot be written ({fault.strerror}), so the model was not changed: each change is kept there. Free some "
            "space, then repeat the command."
        ) from fault
