"""What the contexts behind a proposal ask beyond the profile: conditions for the gate, and instructions to the models.

Those count whose vote has the proposed direction. Of each limit the tightest value holds; hours and numbers of positions hold for
each context apart. Exits are the nearest: the lowest target, the shortest trailing distance, the largest part that is sold at the
target, and a sale when the time is up if one of them asks for it. A context without exits of its own asks for the profile's.
"""

from collections.abc import Iterable, Sequence

from agents.strategies.contexts import Context
from agents.strategies.vote import NetVote
from config.errors import UsageFault
from config.sections.exits import ExitSettings
from config.sections.limits import is_tighter
from config.sections.strategies import StrategyContext, names_of, set_values
from config.settings import Settings
from risk.proposal import OwnHours, OwnPositions, Terms, TightLimit


def terms_of(proposal: NetVote, contexts: Sequence[Context], profile: ExitSettings) -> Terms | None:
    """The conditions of an entry; None if no context behind it has any. `profile`: the exits of the profile."""
    if not proposal.opens:
        return None
    return asked_by(_behind(proposal, contexts), profile)


def exits_of(proposal: NetVote, contexts: Sequence[Context], profile: ExitSettings) -> ExitSettings:
    """The exits of a position for which this was voted: those of the contexts behind it, or else the profile's."""
    return _nearest([entry for _, entry in _behind(proposal, contexts)], profile) or profile


def asked_by(behind: Sequence[tuple[str, StrategyContext]], profile: ExitSettings) -> Terms | None:
    """The conditions of these contexts, each with its name; None if none of them has any."""
    terms = Terms(
        limits=_tightest(behind),
        hours=tuple(
            OwnHours(context=name, hours=entry.trading_hours_utc) for name, entry in behind if entry.trading_hours_utc
        ),
        positions=tuple(
            OwnPositions(context=name, most=entry.max_positions) for name, entry in behind if entry.max_positions
        ),
        exits=_nearest([entry for _, entry in behind], profile),
    )
    return None if terms == _NONE else terms


def instructions_of(proposal: NetVote, contexts: Sequence[Context]) -> dict[str, str] | None:
    """What models are told by the contexts behind a proposal, by the context's name; None if there is nothing to tell."""
    told = {name: entry.prompt for name, entry in _behind(proposal, contexts) if entry.prompt}
    return told or None


def refuse_own_rules(settings: Settings, why: str) -> None:
    """Raises UsageFault if a context of the profile has conditions of its own. `why`: what it is that has none."""
    for name, entry in zip(names_of(settings.strategies), settings.strategies, strict=True):
        if entry.is_on and asked_by([(name, entry)], settings.exits) is not None:
            raise UsageFault(
                f"{why}, and {name} has its own. Nothing was run: leave them out of `strategies`, or use a command that runs the "
                "full engine on the voters themselves."
            )


_NONE = Terms()


def _behind(proposal: NetVote, contexts: Sequence[Context]) -> tuple[tuple[str, StrategyContext], ...]:
    voters = {vote.voter for vote in proposal.votes if proposal.backs(vote)}
    return tuple((each.name, each.entry) for each in contexts if each.entry is not None and each.name in voters)


def _tightest(behind: Iterable[tuple[str, StrategyContext]]) -> tuple[TightLimit, ...]:
    found: dict[str, TightLimit] = {}
    for context, entry in behind:
        for name, value in set_values(entry.limits).items():
            if name not in found or (value != found[name].value and is_tighter(name, value, found[name].value)):
                found[name] = TightLimit(name=name, value=value, context=context)
    return tuple(found[name] for name in sorted(found))


def _nearest(behind: Sequence[StrategyContext], profile: ExitSettings) -> ExitSettings | None:
    asked = [profile.model_copy(update=set_values(entry.exits)) for entry in behind]
    if all(exits == profile for exits in asked):
        return None
    ranges = [each.trail_atr_multiple for each in asked]
    return ExitSettings(
        take_profit_fraction=min(each.take_profit_fraction for each in asked),
        take_profit_share=max(each.take_profit_share for each in asked),
        trail_fraction=min(each.trail_fraction for each in asked),
        trail_atr_multiple=None if None in ranges else min(each for each in ranges if each is not None),
        horizon="close" if any(each.horizon == "close" for each in asked) else "ignore",
    )
