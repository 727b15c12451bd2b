"""What a role reads of a position that is held and under review: what is asked, its figures, and the thesis behind it.

What is asked is the program's own word and stands outside every fence. What the court said at the opening may repeat a stranger's
words, so it stands in one.
"""

from agents.court.case import Case
from agents.court.prompts.fence import argument, clean
from agents.court.prompts.figures import line
from agents.court.thesis import FIGURES, ReviewView

_ASKED = (
    "This is a review of a position that is held, bought earlier on the thesis below. Nothing is bought: judge whether it still "
    "stands. A scale is the part of what was bought that stays: 100 keeps it as it is, 25 to 75 sell down to that part, 0 "
    "closes it. Its stop stays in any case."
)
_ASKED_OF_SHORT = (
    "This is a review of a short position that is held, sold short earlier on the thesis below. Nothing more is sold: judge "
    "whether it still stands. A scale is the part of what was sold that stays: 100 keeps it as it is, 25 to 75 buy back down to "
    "that part, 0 closes it. Its stop stays in any case, above the price."
)
_WHY_CAP = 160
_THESIS_CAP = 340


def reviewed(case: Case) -> list[str]:
    """Return the lines about a review; none for a proposal."""
    held = case.review
    if held is None:
        return []
    return [
        f"{_ASKED_OF_SHORT if held.short else _ASKED} It is reviewed because {clean(held.told, _WHY_CAP)}.",
        line(case, tuple(f"review.{name}" for name in FIGURES)),
        *_thesis(held),
    ]


def _thesis(held: ReviewView) -> list[str]:
    thesis = held.thesis
    return [
        argument("opening_analyst", thesis.argued, _THESIS_CAP),
        argument("opening_advocate", thesis.attacked, _THESIS_CAP),
        argument("opening_ruling", thesis.why, _THESIS_CAP),
    ]
