"""What a training run does: its settings, all of which decide the parameters that come out.

A plan is part of the model and of its trial's identity: another plan is another trial.
"""

import hashlib
from typing import Self

from pydantic import Field, model_validator

from config.errors import UsageFault
from config.frozen import Frozen

LEAST_MINIBATCH, MOST_MINIBATCH = 256, 4096


class TrainingPlan(Frozen):
    """How PPO trains one model: every seed by the same settings.

    Steps are counted over all environments of a seed. A leg is the part of a training between two checkpoints; each leg begins
    new episodes with a seed of its own, so a resumed training needs no state of the environment.
    """

    steps: int = Field(default=1_000_000, ge=1, description="steps of each seed, rounded up to whole rollouts")
    seeds: tuple[int, ...] = Field(default=tuple(range(10)), min_length=1, description="one policy is trained for each")
    gamma: float = Field(default=0.9, ge=0.0, lt=1.0, description="discount of later rewards, by decision")
    gae_lambda: float = Field(default=0.95, ge=0.0, le=1.0, description="decay of advantages")
    environments: int = Field(default=256, ge=1, description="accounts stepped together")
    rollout: int = Field(default=32, ge=2, description="steps of each account between two updates")
    minibatch: int = Field(
        default=1024, ge=LEAST_MINIBATCH, le=MOST_MINIBATCH, description="samples of a gradient step"
    )
    epochs: int = Field(default=4, ge=1, description="passes over a rollout")
    learning_rate: float = Field(default=1e-3, gt=0.0, lt=1.0, description="of Adam")
    clip_range: float = Field(default=0.2, gt=0.0, lt=1.0, description="bound of the change of an action's probability")
    entropy: float = Field(default=0.0, ge=0.0, description="weight of the entropy bonus")
    log_std: float = Field(default=-0.5, ge=-5.0, le=1.0, description="of the action at the start")
    width: int = Field(default=64, ge=4, le=512, description="neurons of each of the two hidden layers")
    leg_rollouts: int = Field(default=8, ge=1, description="rollouts between two checkpoints and validations")
    patience: int = Field(default=8, ge=1, description="legs without a better validation before a seed stops")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.samples % self.minibatch:
            raise ValueError(
                f"{self.environments} environments times a rollout of {self.rollout} are {self.samples} samples, "
                f"which minibatches of {self.minibatch} do not divide"
            )
        if len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise ValueError("seeds must differ, and none may be negative")
        return self

    @property
    def samples(self) -> int:
        """Samples of one rollout of all environments."""
        return self.environments * self.rollout

    @property
    def rollouts(self) -> int:
        """Rollouts of the whole training of a seed."""
        return -(-self.steps // self.samples)

    @property
    def legs(self) -> int:
        """Legs of the whole training of a seed."""
        return -(-self.rollouts // self.leg_rollouts)

    def steps_of(self, leg: int) -> int:
        """Steps of one leg; the last one may be shorter."""
        return min(self.leg_rollouts, self.rollouts - leg * self.leg_rollouts) * self.samples

    def hash(self) -> str:
        """SHA-256 of the settings."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def key(self, seed: int, world_key: str) -> str:
        """What the training of one seed depends on, as SHA-256: the settings without the list of seeds, the seed, and the data.

        More seeds may so be added to a training that was interrupted.
        """
        alone = self.model_copy(update={"seeds": (seed,)})
        return hashlib.sha256(alone.canonical() + world_key.encode()).hexdigest()


def plan_of(**settings: object) -> TrainingPlan:
    """The plan with these settings. Raises UsageFault for one that does not fit."""
    try:
        return TrainingPlan.model_validate(settings)
    except ValueError as fault:
        first = getattr(fault, "errors", list)()[0]
        where = ".".join(map(str, first.get("loc", ())))
        what = str(first["msg"]).removeprefix("Value error, ")
        raise UsageFault(
            f"This training cannot be planned: {where + ': ' if where else ''}{what}. Nothing was started."
        ) from fault
