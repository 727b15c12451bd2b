"""The record of one trial: who argued what, what was ruled, what was trimmed, what the gate said."""

from agents.case import Case
from agents.opinion import AdvocateOpinion, AnalystOpinion, RiskOpinion, SupervisorOpinion
from agents.ruling import Ruling, Struck
from config.frozen import Frozen
from config.silence import Abstained
from risk.verdict import Verdict
from rl.words import Adjustment


class Hearing(Frozen):
    """One case, from the proposal to the verdict. `mind` names who spoke."""

    mind: str
    case: Case
    analyst: AnalystOpinion | Abstained
    risk_agent: RiskOpinion | Abstained
    advocate: AdvocateOpinion | Abstained
    supervisor: SupervisorOpinion | Abstained
    struck: tuple[Struck, ...]
    ruling: Ruling
    adjustment: Adjustment
    verdict: Verdict
