"""The record of one hearing: each role's opinion, the ruling, the adjustment and the gate's verdict."""

from agents.court.case import Case
from agents.court.mind import Voice, speaker_of
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, RiskOpinion, SupervisorOpinion
from agents.court.ruling import Ruling, Struck
from agents.llm.attempt import Role
from config.frozen import Frozen
from config.silence import Abstained
from risk.verdict import Verdict
from rl.adjustment import Adjustment


class Hearing(Frozen):
    """One case from the proposal to the verdict. `mind` names the mind ("rules", "models"); `voices` names who spoke
    for each role.
    """

    mind: str
    voices: tuple[Voice, ...] = ()
    case: Case
    analyst: AnalystOpinion | Abstained
    risk_agent: RiskOpinion | Abstained
    advocate: AdvocateOpinion | Abstained
    supervisor: SupervisorOpinion | Abstained
    struck: tuple[Struck, ...]
    ruling: Ruling
    adjustment: Adjustment
    verdict: Verdict

    def speaker(self, role: Role) -> str:
        """Return who spoke for a role: "provider/model", "rules" or "nobody"; the name of the mind if it spoke for
        all roles.
        """
        return speaker_of(self.voices, self.case.decision_id, role, self.mind)
