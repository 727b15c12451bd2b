"""The record of one hearing: each role's opinion, the ruling, the adjustment and the gate's verdict.

A review of a held position ends with the ruling: what it sells is an exit, about which neither policy nor gate is asked.
"""

from pydantic import Field

from agents.court.case import Case
from agents.court.mind import Voice, speaker_of
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RebuttalOpinion, RiskOpinion, SupervisorOpinion
from agents.court.ruling import Ruling, Struck
from agents.llm.attempt import Role
from config.frozen import Frozen, absent
from config.silence import Abstained
from risk.verdict import Verdict
from rl.adjustment import Adjustment


class Argued(Frozen):
    """One case up to the ruling. `mind` names the mind ("rules", "models"); `voices` names who spoke for each role."""

    mind: str
    voices: tuple[Voice, ...] = ()
    case: Case
    analyst: AnalystOpinion | Abstained
    risk_agent: RiskOpinion | Abstained
    advocate: AdvocateOpinion | Abstained
    supervisor: SupervisorOpinion | Abstained
    struck: tuple[Struck, ...]
    ruling: Ruling
    rebuttal: RebuttalOpinion | Abstained | None = Field(default=None, exclude_if=absent)
    """The analyst's answer to the heaviest attack; None if it was not asked for."""

    def speaker(self, role: Role) -> str:
        """Return who spoke for a role: "provider/model", "rules" or "nobody"; the name of the mind if it spoke for
        all roles.
        """
        return speaker_of(self.voices, self.case.decision_id, role, self.mind)


class Hearing(Argued):
    """One case from the proposal to the verdict."""

    adjustment: Adjustment
    verdict: Verdict


class Review(Argued):
    """A held position before the court. The scale of the ruling is the part of what was bought that stays: 1 keeps it as it
    is, 0 closes it. Silence keeps it.
    """

    sold: bool = Field(description="whether a sale was sent")
