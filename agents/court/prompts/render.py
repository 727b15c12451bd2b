"""A case as one role reads it: compact, point in time, without clock or ids, each number under its citable path.

The analyst and the devil's advocate read the market and the news. The risk agent reads the account, and the supervisor reads the
arguments: these two never see untrusted text outside a fence. Opinions of earlier roles appear as closed values and as fields
with true values, and their free text in a fence.
"""

from agents.court.case import Case
from agents.court.prompts.blind import BlindView
from agents.court.prompts.brief import brief
from agents.court.prompts.earlier import NOTHING_YET, Earlier
from agents.court.prompts.whole import whole
from agents.llm.attempt import Role


def render(case: Case, role: Role, earlier: Earlier = NOTHING_YET, blind: BlindView | None = None) -> str:
    """Return the user part of a request. The same arguments give the same text; `blind` is the view of this case.

    A case that holds no trade is put as versions before 0.6 put it.
    """
    shown = blind.case if blind else case
    form = brief if shown.trade is None else whole
    return form(shown, role, earlier, blind)
