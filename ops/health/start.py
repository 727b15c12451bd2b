"""What `tribunal run` asks before it trades real money: all that the doctor asks. Nothing of it may be left to mend or unknown.

A run that is resumed is asked for none of it: what it holds has to be looked after, whatever a record or a disk says today.
"""

from agents.desk.request import RunRequest
from agents.records.account import Word
from config.clock import SystemClock
from config.errors import NotConfirmed, UsageFault
from config.settings import Settings
from ops.health.examination import examine
from ops.health.exchange import ADDRESS
from ops.health.finding import Finding, State
from ops.health.money import DRILL, RECORD

WITHOUT = "TRADE WITHOUT A PAPER RECORD"
"""What a human types in full to trade real money though its voters lack a paper record."""
MAY_STAY_UNKNOWN = (ADDRESS, DRILL)
"""What need not be known: addresses that some exchanges do not tell, and a trial that was not possible yet."""


def typed_for_real_money(request: RunRequest, settings: Settings, who: str) -> tuple[Word, ...]:
    """What was typed to begin, for the journal, by `who`. Raises UsageFault where something is to be mended, and names the first
    thing; NotConfirmed for words that are not the ones."""
    typed = request.without_record
    if typed is not None and typed != WITHOUT:
        raise NotConfirmed(f"--without-record was not exactly {WITHOUT!r}; nothing was started.")
    if request.resume is not None:
        return ()
    unproven: list[Finding] = []
    for outside in (False, True):  # what is wrong here is told before anybody is asked
        found = examine(request.world, None, outside=outside).findings
        ills = [each for each in found if each.state is State.MEND]
        ills += [each for each in found if each.state is State.NOT_ASKED and each.check not in MAY_STAY_UNKNOWN]
        unproven = [each for each in ills if each.check == RECORD]
        ills = ills if typed is None else [each for each in ills if each.check != RECORD]
        if ills:
            raise UsageFault(_refusal(settings, ills))
    return tuple(
        Word(what="without_record", who=who, given_utc=SystemClock().now(), why=each.told) for each in unproven
    )


def _refusal(settings: Settings, ills: list[Finding]) -> str:
    first, more = ills[0], f" ({len(ills) - 1} more)" if ills[1:] else ""
    override = f' Or, at your own risk, add --without-record "{WITHOUT}".' if first.check == RECORD else ""
    return (
        f"No real money is traded while something is to be mended or unknown: {first.check}{more}. {first.sentence}{override} "
        f"Nothing was started. `tribunal doctor --profile {settings.profile}` shows all of it."
    )
