"""What the court knows of its own arguments: how much analyst and advocate have been worth on the voters of a case.

Without a record an argument has half its weight: it can halve a case and not reject it. With closed cases its weight follows what
they show: up to the whole, where what the role said goes with how the cases ended, and down to nothing, where it does not.

The words of models have records of their own where the ruling is composed of them (`court.composition`): their weight begins with
the profile's trust, and the records of the rules say nothing about it.
"""

import math
from typing import Self

from pydantic import Field

from config.frozen import Frozen, absent
from market.timeframe import Timeframe
from risk.record import VotersRecord

HALF = 0.5
"""The weight of an argument without a record: the least that it leaves of a size is then one half."""

SURE_AT = 3.0
"""The correlation of an argument with the outcomes at which it has its whole weight [standard errors]."""


class ArgumentRecord(Frozen):
    """Sums over closed cases: what a role said, x in [0, 1], 1 for the purchase, and how the cases ended, r [R]."""

    cases: int = Field(default=0, ge=0, description="closed cases about which the role spoke [cases]")
    said: float = Field(default=0.0, description="sum of what it said [0..1]")
    said_squares: float = Field(default=0.0, description="sum of the squares of what it said")
    outcomes: float = Field(default=0.0, description="sum of the outcomes [R]")
    outcome_squares: float = Field(default=0.0, description="sum of the squares of the outcomes [R^2]")
    products: float = Field(default=0.0, description="sum of the products of both [R]")

    def with_case(self, said: float, outcome: float) -> Self:
        """The record with one more case."""
        return self.model_copy(
            update={
                "cases": self.cases + 1,
                "said": self.said + said,
                "said_squares": self.said_squares + said * said,
                "outcomes": self.outcomes + outcome,
                "outcome_squares": self.outcome_squares + outcome * outcome,
                "products": self.products + said * outcome,
            }
        )

    def __add__(self, other: "ArgumentRecord") -> "ArgumentRecord":
        """The record on two voters together."""
        return ArgumentRecord(**{name: getattr(self, name) + getattr(other, name) for name in type(self).model_fields})

    def weight(self, prior: float, start: float = HALF) -> float:
        """The weight of the argument, in [0, 1]: `start` with `prior` cases of its own, then what the record shows.

        The record shows the correlation of what was said with the outcomes, in standard errors (1 / sqrt(n)), as a part of
        `SURE_AT`; one that is not above 0 shows nothing.
        """
        shown = 0.0
        spread = (self.cases * self.said_squares - self.said**2) * (
            self.cases * self.outcome_squares - self.outcomes**2
        )
        if spread > 0.0:
            together = (self.cases * self.products - self.said * self.outcomes) / math.sqrt(spread)
            shown = min(1.0, max(0.0, together * math.sqrt(self.cases) / SURE_AT))
        return (prior * start + self.cases * shown) / (prior + self.cases)


NO_ARGUMENTS = ArgumentRecord()


class ModelArguments(Frozen):
    """The records of models as analyst and advocate on one voter, and of each horizon of the analyst."""

    analyst: ArgumentRecord = Field(default=NO_ARGUMENTS, description="what models as analyst were worth")
    advocate: ArgumentRecord = Field(default=NO_ARGUMENTS, description="what models as advocate were worth")
    horizons: dict[Timeframe, ArgumentRecord] = Field(
        default_factory=dict, description="what the analyst's view of each horizon was worth"
    )

    def __add__(self, other: "ModelArguments") -> "ModelArguments":
        """The records on two voters together."""
        horizons = dict(self.horizons)
        for horizon, record in other.horizons.items():
            horizons[horizon] = horizons.get(horizon, NO_ARGUMENTS) + record
        return ModelArguments(
            analyst=self.analyst + other.analyst, advocate=self.advocate + other.advocate, horizons=horizons
        )


class Arguments(Frozen):
    """The records of analyst and advocate on one voter."""

    analyst: ArgumentRecord = Field(default=NO_ARGUMENTS, description="what the analyst was worth")
    advocate: ArgumentRecord = Field(default=NO_ARGUMENTS, description="what the advocate was worth")
    models: ModelArguments | None = Field(
        default=None,
        exclude_if=absent,
        description="what models were worth, apart from the rules; absent if none spoke",
    )

    def __add__(self, other: "Arguments") -> "Arguments":
        """The records on two voters together."""
        one, two = self.models, other.models
        return Arguments(
            analyst=self.analyst + other.analyst,
            advocate=self.advocate + other.advocate,
            models=one + two if one is not None and two is not None else one or two,
        )


class Learnt(Frozen):
    """What closed cases have taught: the record of each voter, and the arguments about it, by the voter's name."""

    voters: dict[str, VotersRecord] = Field(default_factory=dict, description="how purchases ended, by voter")
    arguments: dict[str, Arguments] = Field(default_factory=dict, description="what the roles were worth, by voter")

    def __add__(self, other: "Learnt") -> "Learnt":
        """What both have taught together."""
        voters, arguments = dict(self.voters), dict(self.arguments)
        for name, record in other.voters.items():
            voters[name] = voters[name] + record if name in voters else record
        for name, said in other.arguments.items():
            arguments[name] = arguments[name] + said if name in arguments else said
        return Learnt(voters=voters, arguments=arguments)


NOTHING_LEARNT = Learnt()


class ModelWeights(Frozen):
    """What the arguments of models about a case weigh, in [0, 1]; a horizon that is not named weighs as one without a record."""

    analyst: float = Field(ge=0, le=1, description="weight of a model as analyst [0..1]")
    advocate: float = Field(ge=0, le=1, description="weight of a model as advocate [0..1]")
    horizons: dict[Timeframe, float] = Field(
        default_factory=dict, description="weight of the analyst's view of each horizon that has a record [0..1]"
    )


class CaseRecord(Frozen):
    """What closed cases say of the voters of a case, and of the arguments about them. Weights are in [0, 1]."""

    voters: VotersRecord = Field(description="how the purchases of the voters of the case have ended")
    analyst_weight: float = Field(ge=0, le=1, description="weight of the analyst's argument [0..1]")
    advocate_weight: float = Field(ge=0, le=1, description="weight of the advocate's argument [0..1]")
    models: ModelWeights | None = Field(
        default=None, exclude_if=absent, description="weights of what models argue; absent where they bound no ruling"
    )
