"""The test of a model's reply: it must be strict JSON, the requested opinion, and cite evidence that matches the
case.

The court later strikes out each citation that does not match. A reply with no matching citation is already refused
here, so that the model can correct it once. A refusal says what to correct, and it quotes the case instead of the
reply.
"""

from agents.court.case import Case
from agents.court.grounding import AnyOpinion, is_grounded
from agents.court.opinion import Evidence
from agents.court.prompts.blind import BlindView
from agents.court.prompts.figures import cited
from agents.court.prompts.wire import Form, to_opinion
from agents.llm.asking import Accept, Unacceptable
from agents.llm.attempt import AttemptOutcome
from agents.llm.strict_json import parse_strict

_NEED_NOT_CITE: tuple[Form, ...] = ("supervisor",)


def acceptance(case: Case, form: Form, view: BlindView | None, kind: type[AnyOpinion]) -> Accept[AnyOpinion]:
    """Return the test for replies of this form, whose opinions are of type `kind`. Accepted evidence carries the real
    values.
    """
    shown = view.case if view else case

    def accept(text: str) -> AnyOpinion:
        word = to_opinion(form, parse_strict(text))
        assert isinstance(word, kind)
        if form not in _NEED_NOT_CITE and not any(is_grounded(shown, item) for item in word.evidence):
            raise Unacceptable(AttemptOutcome.INVALID, _nothing_stands(shown, word.evidence))
        return view.unblind(word) if view else word

    return accept


def _nothing_stands(shown: Case, evidence: tuple[Evidence, ...]) -> str:
    """Return the true values of the cited fields."""
    told = [cited(shown, item.field) or f"nothing is known at {item.field}" for item in evidence]
    return f"no evidence stands: {'; '.join(told)}. Cite printed fields with their printed values."
