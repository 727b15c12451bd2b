"""The policy of a recorded run whose model is not at hand: it gives the answers that the journal holds."""

from collections.abc import Callable, Sequence

from rl.adjustment import Adjustment
from rl.observation import Observation


class RecordedAdjuster:
    """Answers an observation of a bar as the journal does.

    An observation that the journal does not hold has no answer: it leaves no size, and the replay shows the difference.
    """

    def __init__(self, name: str, answers: Callable[[], Sequence[Adjustment]]) -> None:
        """`answers` gives those that were recorded at this bar."""
        self.name = name
        self._answers = answers

    def adjust(self, seen: Observation) -> Adjustment:
        none = Adjustment(adjuster=self.name, scale=0.0, observation=seen)
        return next((answer for answer in self._answers() if answer.observation == seen), none)

    def demote(self) -> None:
        """Nothing to do: the recorded answers know it."""
