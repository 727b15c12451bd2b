"""The policy of a session: opened from the folder that the profile names, or found again for a replay; and its demotion.

A replay needs the model with the hash that the journal names. Where it is not at hand, the journal's own answers stand in: they
are not recomputed, and the replay says so.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from agents.outages.alert import Alert
from agents.records.record import Session
from config.errors import UsageFault
from config.settings import Settings
from execution.journal.event import Sink
from rl.adjuster import Adjuster, Off
from rl.factory import adjuster_of, open_policy
from rl.features import known_schemas
from rl.model import load_model
from rl.serving.monitor import Demotion, LiveResults


def adjuster_for(settings: Settings, session: Session) -> Adjuster:
    """The adjuster of a session that begins. Raises UsageFault for a policy that does not fit it."""
    perpetuals = settings.market.perpetuals is not None
    served = open_policy(settings.rl, session.symbols, session.timeframe, session.start_utc, perpetuals=perpetuals)
    if served is None:
        return Off()
    if session.policy is None or session.policy.sha256 != served.model.sha256:
        raise UsageFault(
            f"The policy in {settings.rl.model} was replaced while the run began. Nothing was started. Start it again."
        )
    return adjuster_of(settings.rl, served.model)


def adjuster_again(session: Session, folders: Iterable[Path]) -> Adjuster | None:
    """The adjuster of a recorded session, from the first of these folders that holds its policy; None if none does."""
    if session.policy is None:
        return Off()
    for folder in folders:
        try:
            model = load_model(folder.expanduser(), known_schemas())
        except UsageFault:
            continue
        if model.sha256 == session.policy.sha256:
            return adjuster_of(session.settings.rl, model)
    return None


def demotion_of(session: Session, adjuster: Adjuster) -> Demotion | None:
    """What watches the live results of a policy; None for one that changes no sizes, or has no promise."""
    policy = session.policy
    if policy is None or policy.promise is None or session.settings.rl.mode != "active":
        return None
    return Demotion(policy.name, policy.sha256, LiveResults(policy.promise), adjuster.demote)


def watch_policy(demotion: Demotion | None, sink: Sink, at: datetime, equity: Decimal) -> None:
    """Hold the equity of a bar close [quote] against what was promised; journal and tell a demotion."""
    changed = None if demotion is None else demotion.see(at, equity)
    if changed is None:
        return
    sink.append(changed)
    text = (
        f"The policy {changed.policy} no longer changes sizes: {changed.why}. It goes on giving its opinion. Evaluate it again "
        "on newer bars, or train another one."
    )
    sink.append(Alert(at_utc=at, code="policy_demoted", severity="critical", text=text))
