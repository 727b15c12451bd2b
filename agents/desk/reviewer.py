"""The policy at its daily review: how much it leaves of the share that voters want of what is held.

A review is no hearing: no role of the court is asked, so ruling and court figures are missing from what the policy sees. It sees
the book before any case of the bar is judged, as at a proposal.
"""

from collections.abc import Callable
from dataclasses import dataclass

from risk.proposal import Proposal
from rl.adjuster import Adjuster
from rl.adjustment import Adjustment
from rl.observation import Observation


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Asks the adjuster about a position by shares. `see` gives what it is shown of a proposal for its market."""

    adjuster: Adjuster
    see: Callable[[Proposal], Observation]

    def review(self, wanted: Proposal, held: float) -> Adjustment:
        """The policy's factor for the share that is wanted of a position that stands for the share `held`.

        A policy that breaks, or cannot see, changes nothing: nothing is added or sold because of it, and what the voters want
        less is sold all the same.
        """
        try:
            seen = self.see(wanted).model_copy(update={"ruling_scale": None})
            return Adjustment.model_validate(self.adjuster.adjust(seen).model_dump())
        except Exception:  # noqa: BLE001  the boundary of a policy: one that breaks leaves the position as it is
            kept = min(1.0, held / wanted.exposure) if wanted.exposure else 1.0
            return Adjustment(adjuster=self.adjuster.name, scale=kept)
