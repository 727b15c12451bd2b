"""A trained policy in a session: what it is shown, what it answers, and what that does to a size.

    advisory   says what it would do; the size stays as the court left it
    active     its multiplier is applied: the base times (1 + action), at most 1.25, and at most 1 on perpetuals

The answer is a function of the observation alone, so a replay computes it again from the journal. Where the observation lies
outside of what training has seen, or the answer is no number, the base rule stands in, and the record says why. It never raises
for an observation: what breaks in it is caught by the court, which then leaves no size.
"""

import math

import numpy as np

from config.errors import UsageFault
from rl.action import Base, multipliers
from rl.adjustment import Adjustment, Mode
from rl.features import Floats, Schema, encode_features, schema_of_rows
from rl.model import DECIMALS, PolicyModel
from rl.observation import Observation


class PpoAdjuster:
    """The policy of one session. `mode` is what it may do now; it can only be lowered."""

    def __init__(self, model: PolicyModel, mode: Mode) -> None:
        """Raises UsageFault for a model whose base is no rule."""
        self._model = model
        self.mode: Mode = mode
        self._base = base_of(model)

    @property
    def name(self) -> str:
        return self._model.name

    def demote(self) -> None:
        """From now on its opinion changes no size."""
        self.mode = "advisory"

    def adjust(self, seen: Observation) -> Adjustment:
        """The factor for a size, and how it came about. The same observation gives the same answer."""
        row = seen.row()[None, :]
        features, shown = encode_features(row, seen.court_row()[None, :])[0], schema_of_rows(row)
        with np.errstate(all="ignore"):
            base = self._base.of(row)
        action, spread, fallback = 0.0, None, self._foreign(shown, features) or self._model.unusual(features)
        if fallback is None:
            action, spread = self._model.answer(features)
            if not (math.isfinite(action) and math.isfinite(spread)):
                action, spread, fallback = 0.0, None, "the networks gave what is no number"
        advised = round(float(multipliers(base, np.array([action]), shown.most)[0]), DECIMALS)
        return Adjustment(
            adjuster=self.name,
            scale=advised if self.mode == "active" else 1.0,
            mode=self.mode,
            advised=advised,
            base=round(float(base[0]), DECIMALS),
            action=action if fallback is None else None,
            spread=spread,
            fallback=fallback,
            observation=seen,
        )

    def _foreign(self, shown: Schema, features: Floats) -> str | None:
        """Why the policy cannot read such an observation at all, in words; None if it can."""
        if len(features) == len(self._model.card.features):
            return None
        return f"what is shown is of {shown.kind}, and the policy reads other features"


def base_of(model: PolicyModel) -> Base:
    """The rule that a policy corrects. Raises UsageFault for parameters that are none."""
    try:
        return Base(**model.card.base)  # type: ignore[arg-type]
    except TypeError as fault:
        known = ", ".join(model.card.base) or "nothing"
        raise UsageFault(
            f"The policy {model.name} names a base that this version does not know ({known}). Nothing was started. Train it "
            "again, or set rl.mode to off."
        ) from fault
