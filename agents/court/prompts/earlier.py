"""The opinions of earlier roles as a later role reads them: closed values, cited fields, and free text inside a
fence.

A headline may have persuaded an earlier model. So its numbers are never repeated: a cited field is shown with its
true value, and its free text stays in a fence like any untrusted text.
"""

from typing import NamedTuple

from agents.court.bounds import Bound
from agents.court.case import Case
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, HorizonView, RebuttalOpinion, RiskOpinion
from agents.court.prompts.blind import BlindView
from agents.court.prompts.fence import argument
from agents.court.prompts.figures import cited
from config.silence import Abstained

Arguing = AnalystOpinion | RiskOpinion | AdvocateOpinion | RebuttalOpinion


class Earlier(NamedTuple):
    """The opinions that exist before a role speaks, in the order of the court; None if a role has not spoken yet."""

    analyst: AnalystOpinion | Abstained | None = None
    risk_agent: RiskOpinion | Abstained | None = None
    advocate: AdvocateOpinion | Abstained | None = None
    answer: RebuttalOpinion | Abstained | None = None
    """The analyst's to the attack."""
    alignment: float | None = None
    """What the analyst's horizons say together, in [-1, 1]."""
    bounds: tuple[Bound, ...] = ()
    """What the arguments leave of the size by themselves."""


NOTHING_YET = Earlier()


def said(case: Case, earlier: Earlier, cap: int, blind: BlindView | None) -> list[str]:
    """Return up to three lines for each role that has spoken, with at most `cap` characters of its free text."""
    told: list[str] = []
    for by, word in (
        ("analyst", earlier.analyst),
        ("risk_agent", earlier.risk_agent),
        ("devils_advocate", earlier.advocate),
        ("analyst answers", earlier.answer),
    ):
        if isinstance(word, Abstained):
            told.append(f"{by}: abstained")
        elif word is not None:
            free = " / ".join([word.reasoning, *_claims(word)])
            told += [
                f"{by}: {_closed(word)}",
                f"{by} cites: {_fields(case, word)}",
                argument(by, blind.mask(free) if blind else free, cap),
            ]
    if earlier.alignment is not None:
        told.append(
            f"The analyst's horizons together, weighted by their record: alignment {earlier.alignment:+.2f} on a scale from -1 "
            "(all fall) to +1 (all rise)."
        )
    if earlier.bounds:
        most = "; ".join(f"{bound.by} {bound.most_pct}%" for bound in earlier.bounds)
        told.append(f"By the record of such arguments, these leave at most, whatever you rule: {most}.")
    return told


def _closed(word: Arguing) -> str:
    match word:
        case AnalystOpinion():
            views = [
                f"{view.horizon} {view.direction} {view.expected_move_bps:+.0f}bps {view.conviction_pct}%"
                for view in word.horizons
                if isinstance(view, HorizonView)
            ]
            return "; ".join([f"overall {word.direction}, conviction {word.conviction_pct}%", *views])
        case RiskOpinion():
            return f"lets stand {word.scale_pct}%"
        case RebuttalOpinion():
            return f"concedes the attack: {word.concedes}, conviction now {word.conviction_pct}%"
        case AdvocateOpinion():
            return f"counter-evidence weighs {word.strength_pct}%"


def _fields(case: Case, word: Arguing) -> str:
    """Return each cited field once, with its true value."""
    found = dict.fromkeys(cited(case, item.field) for item in word.evidence)
    return " ".join(field for field in found if field is not None) or "nothing that stands"


def _claims(word: Arguing) -> list[str]:
    """Return the claims of its evidence and its points, each once."""
    match word:
        case AnalystOpinion():
            points = word.risks
        case RiskOpinion():
            points = word.concerns
        case AdvocateOpinion():
            points = word.attacks
        case RebuttalOpinion():
            points = ()
    return list(dict.fromkeys([*(item.claim for item in word.evidence), *points]))
