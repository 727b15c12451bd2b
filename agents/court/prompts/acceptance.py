"""What makes a model's reply acceptable: strict JSON, the opinion asked for, and evidence of which something stands.

A citation that does not stand is struck out later, by the court. A reply of which none stands is refused here already, so that
the model gets its one chance to correct it. What is refused says what to correct, and quotes the case rather than the reply.
"""

from agents.court.case import Case
from agents.court.grounding import AnyOpinion, is_grounded
from agents.court.opinion import Evidence
from agents.court.prompts.blind import BlindView
from agents.court.prompts.figures import cited
from agents.court.prompts.wire import to_opinion
from agents.llm.asking import Accept, Unacceptable
from agents.llm.attempt import AttemptOutcome, Role
from agents.llm.strict_json import parse_strict

_MUST_CITE: tuple[Role, ...] = ("analyst", "risk_agent", "devils_advocate")


def acceptance(case: Case, role: Role, view: BlindView | None, kind: type[AnyOpinion]) -> Accept[AnyOpinion]:
    """The test that a reply for `role`, whose opinions are of `kind`, has to pass. Its evidence comes out with real values."""
    shown = view.case if view else case

    def accept(text: str) -> AnyOpinion:
        word = to_opinion(role, parse_strict(text))
        assert isinstance(word, kind)
        if role in _MUST_CITE and not any(is_grounded(shown, item) for item in word.evidence):
            raise Unacceptable(AttemptOutcome.INVALID, _nothing_stands(shown, word.evidence))
        return view.unblind(word) if view else word

    return accept


def _nothing_stands(shown: Case, evidence: tuple[Evidence, ...]) -> str:
    """What the cited fields really read."""
    told = [cited(shown, item.field) or f"nothing is known at {item.field}" for item in evidence]
    return f"no evidence stands: {'; '.join(told)}. Cite printed fields with their printed values."
