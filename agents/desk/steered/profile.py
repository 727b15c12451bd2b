"""Reads the profile of a session again and says what a running session may take over of it.

Tighter limits may: those that a context of `strategies:` may tighten too, in the direction that `config.sections.limits` declares
for each. So may the switches of its strategies. Whatever loosens a limit, or stands anywhere else, needs a restart, and is named.
"""

from collections.abc import Callable
from typing import Any

from agents.records.steered import LimitMoved, Reloaded, Steered
from config.sections.limits import TIGHTENED, RiskLimits, is_tighter
from config.sections.strategies import names_of
from config.settings import Settings
from execution.steering.words import SteerVerb

_MOST_NAMED = 20


class Reread:
    """The profile of one session. `read` reads it again, with what was typed beside it. Raises TribunalError."""

    def __init__(self, settings: Settings, read: Callable[[], Settings]) -> None:
        self._settings, self._read = settings, read
        self._limits = settings.limits
        self._off: set[str] = set()
        self._off_by_profile: set[str] = set()

    def __call__(self) -> Reloaded:
        """What the profile says now, beside what holds. Changes nothing. Raises TribunalError for one that cannot be read."""
        return differences(self._settings, self._limits, self._off, self._off_by_profile, self._read())

    def took(self, event: Steered) -> None:
        """Note what the session has taken over, or repeats."""
        if event.not_obeyed is not None:
            return
        match event.word.verb:
            case SteerVerb.STRATEGY_OFF:
                self._off.add(event.word.target)
            case SteerVerb.STRATEGY_ON:
                self._off.discard(event.word.target)
                self._off_by_profile.discard(event.word.target)
            case SteerVerb.RELOAD if event.profile is not None:
                self._limits = moved(self._limits, event.profile)
                off, on = set(event.profile.off), set(event.profile.on)
                self._off, self._off_by_profile = (self._off | off) - on, (self._off_by_profile | off) - on
            case _:
                pass


def moved(limits: RiskLimits, profile: Reloaded) -> RiskLimits:
    """The limits after a profile was read again."""
    return limits.model_copy(update={each.name: each.after for each in profile.limits})


def differences(
    began: Settings, limits: RiskLimits, off: set[str], off_by_profile: set[str], now: Settings
) -> Reloaded:
    """What a profile says now, beside the settings that the session began with, the limits that hold and the strategies that are
    off. What a word has switched off, only a word switches on."""
    found, refused = list[LimitMoved](), list[str]()
    for name in RiskLimits.model_fields:
        ours, theirs = getattr(limits, name), getattr(now.limits, name)
        if ours == theirs:
            continue
        if name in TIGHTENED and theirs is not None and is_tighter(name, theirs, ours):
            found.append(LimitMoved(name=name, before=ours, after=theirs))
        else:
            looser = "it would loosen the limit" if name in TIGHTENED else "it is no limit of one entry"
            refused.append(f"limits.{name}: {_told(ours)} to {_told(theirs)} ({looser})")
    ours_on, now_on = _switched(began), _switched(now)
    turned_off = tuple(
        name for name, is_on in ours_on.items() if is_on and name not in off and now_on.get(name) is False
    )
    turned_on = tuple(name for name in sorted(off_by_profile) if now_on.get(name) is True and ours_on.get(name) is True)
    refused += _elsewhere(began, now)
    return Reloaded(limits=tuple(found), off=turned_off, on=turned_on, needs_restart=tuple(refused[:_MOST_NAMED]))


def _switched(settings: Settings) -> dict[str, bool]:
    """Which strategies of a profile are on, by the name under which they vote."""
    return {
        name: entry.is_on for name, entry in zip(names_of(settings.strategies), settings.strategies, strict=True)
    }  # fmt: skip


def _elsewhere(began: Settings, now: Settings) -> list[str]:
    """Settings outside of the limits that differ, in the order of the profile."""
    before, after = _tree(began), _tree(now)
    return [f"{name} (it is read once, at the start)" for name in before if before[name] != after.get(name)]


def _tree(settings: Settings) -> dict[str, Any]:
    """All settings by section and field, without the limits and the switches of strategies."""
    tree = settings.model_dump(mode="json")
    tree.pop("limits")
    strategies = tree.pop("strategies")
    flat: dict[str, Any] = {}
    for section, value in tree.items():
        if isinstance(value, dict):
            flat |= {f"{section}.{name}": inner for name, inner in value.items()}
        else:
            flat[section] = value
    flat["strategies"] = [
        {name: inner for name, inner in entry.items() if name not in _SWITCHES} for entry in strategies
    ]
    return flat


_SWITCHES = ("enabled",)


def _told(value: object) -> str:
    return "null" if value is None else str(value)
