"""How much history the voters of a session want, and who of them cannot vote at its first bar."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from agents.strategies.contexts import Context, build_contexts
from config.sections.strategies import StrategyContext

_DAY_S = 86_400


def who_cannot_vote(contexts: Sequence[Context], markets: int, warmup_bars: int, past_days: int = 0) -> dict[str, str]:
    """By name a sentence about each voter that cannot vote at the first bar: its session has too few markets, or the warm-up
    cannot fill its window. `past_days`: closed days before the session.
    """
    said = {context.name: _cannot(context, markets, warmup_bars, past_days) for context in contexts}
    return {name: why for name, why in said.items() if why}


def _cannot(context: Context, markets: int, warmup_bars: int, past_days: int) -> str:
    of = None if context.minded is None else context.minded.timeframe
    least = 0 if context.minded is None else context.minded.least_markets
    if markets < least:
        return (
            f"{context.name} compares {least} markets or more and the session has {markets}: it abstains. Give more markets, or "
            "choose other voters with --strategy, to have it vote."
        )
    if of is not None:
        missing = context.history * of.seconds // _DAY_S - past_days
        if missing <= 0:
            return ""
        return (
            f"{context.name} reads {context.history} bars of {of} and {past_days} days are known before the session: it abstains "
            f"for about {missing} days. Begin later, or give more history, to have it vote from the first bar on."
        )
    if context.history <= warmup_bars + 1:
        return ""
    return (
        f"{context.name} reads {context.history} bars and the warm-up has {warmup_bars}: it abstains at the first "
        f"{context.history - warmup_bars - 1} bars. Raise market.warmup_bars to have it vote from the first bar on."
    )


def days_wanted(
    settings: tuple[StrategyContext, ...],
    own: Mapping[str, str] = MappingProxyType({}),
    *,
    windows_alone: bool = False,
) -> int:
    """The closed days before the warm-up that these voters want to read, or that their windows of days need.

    Raises UsageFault as `build_contexts` does.
    """
    everywhere = tuple(entry.model_copy(update={"symbols": ("*",)}) for entry in settings)
    minds = [mind for context in build_contexts(everywhere, (), own) if (mind := context.minded) is not None]
    return max(((windows_alone and mind.window_days) or mind.past_days for mind in minds), default=0)
