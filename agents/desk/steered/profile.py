"""Reads the profile of a session again and says what a running session may take over of it.

Tighter limits may: those that a context of `strategies:` may tighten too, in the direction that `config.sections.limits` declares
for each. So may the switches of its strategies; who answers for the models that sit, where and how patiently; and its sources.
Models and sources are opened first: what cannot be opened stays as it is, and holds nothing else up. Whatever loosens a limit,
or stands anywhere else, needs a restart, and is named.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import ValidationError

from agents.desk.description import without_folders
from agents.desk.kept import with_whole_files
from agents.desk.steered.parts import Parts
from agents.records.steered import LimitMoved, Reloaded, Reseated, Steered
from config.errors import TribunalError
from config.sections.limits import TIGHTENED, RiskLimits, is_tighter
from config.sections.sentiment import SourceSettings
from config.sections.strategies import names_of
from config.settings import Settings
from execution.steering.words import SteerVerb

_MOST_NAMED = 20
_SWITCHES = ("enabled",)
_AT_START = "it is read once, at the start"
_SOURCES = "sentiment.sources"


class _Held(NamedTuple):
    """What holds in a session: its settings as they are now, and the strategies that are off, all of them and by the profile."""

    settings: Settings
    off: frozenset[str] = frozenset()
    off_by_profile: frozenset[str] = frozenset()


class Reread:
    """The profile of one session. `read` reads it again, with what was typed beside it. Raises TribunalError."""

    def __init__(self, settings: Settings, read: Callable[[], Settings], parts: Parts | None = None) -> None:
        """`parts`: what a changed profile replaces; they are filled while the session is opened."""
        self._held, self._read = _Held(settings), read
        self.parts = parts or Parts()

    def __call__(self, word_id: str) -> Reloaded:
        """What the profile says now, beside what holds, for a word. Opens new models and sources, and changes nothing. Raises
        TribunalError for a profile that cannot be read."""
        return differences(self._held, self._read(), self.parts, word_id)

    def took(self, event: Steered) -> None:
        """Note what the session has taken over, or repeats."""
        if event.not_obeyed is not None:
            return
        settings, off, off_by_profile = self._held
        match event.word.verb:
            case SteerVerb.STRATEGY_OFF:
                off |= {event.word.target}
            case SteerVerb.STRATEGY_ON:
                off, off_by_profile = off - {event.word.target}, off_by_profile - {event.word.target}
            case SteerVerb.RELOAD if event.profile is not None:
                settings = self.parts.files.whole(taken_over(settings, event.profile), event.word.word_id)
                turned_off, on = set(event.profile.off), set(event.profile.on)
                off, off_by_profile = (off | turned_off) - on, (off_by_profile | turned_off) - on
            case _:
                pass
        self._held = _Held(settings, off, off_by_profile)


def moved(limits: RiskLimits, profile: Reloaded) -> RiskLimits:
    """The limits after a profile was read again."""
    return limits.model_copy(update={each.name: each.after for each in profile.limits})


def taken_over(settings: Settings, profile: Reloaded) -> Settings:
    """The settings that hold after a profile was read again. The switches of strategies are not among them."""
    minds, news = settings.minds, settings.sentiment
    return settings.model_copy(
        update={
            "limits": moved(settings.limits, profile),
            "minds": minds if profile.seats is None else profile.seats.within(minds),
            "sentiment": news if profile.sources is None else news.model_copy(update={"sources": profile.sources}),
        }
    )


def differences(held: _Held, now: Settings, parts: Parts, word_id: str) -> Reloaded:
    """What a profile says now, beside what holds. What a word has switched off, only a word switches on."""
    tighter, refused = _limits(held.settings.limits, now.limits)
    ours_on, now_on = _switched(held.settings), _switched(now)
    turned_off = [
        name for name, is_on in ours_on.items() if is_on and name not in held.off and now_on.get(name) is False
    ]
    turned_on = [name for name in sorted(held.off_by_profile) if now_on.get(name) is True and ours_on.get(name) is True]
    elsewhere = _elsewhere(held.settings, now)
    unopened = list[str]()
    seats = _seats(held.settings, now, parts, elsewhere, unopened, word_id)
    sources = _sources(now, parts, elsewhere, unopened, word_id)
    refused += [f"{name} ({why})" for name, why in elsewhere.items()]
    return Reloaded(
        limits=tuple(tighter),
        off=tuple(turned_off),
        on=tuple(turned_on),
        needs_restart=tuple(refused[:_MOST_NAMED]),
        seats=seats,
        sources=sources,
        refused=tuple(unopened),
    )


def _limits(ours: RiskLimits, theirs: RiskLimits) -> tuple[list[LimitMoved], list[str]]:
    """The limits that become tighter, and those that do not and differ, each with the reason."""
    found, refused = list[LimitMoved](), list[str]()
    for name in RiskLimits.model_fields:
        before, after = getattr(ours, name), getattr(theirs, name)
        if before == after:
            continue
        if name in TIGHTENED and after is not None and is_tighter(name, after, before):
            found.append(LimitMoved(name=name, before=before, after=after))
        else:
            looser = "it would loosen the limit" if name in TIGHTENED else "it is no limit of one entry"
            refused.append(f"limits.{name}: {_told(before)} to {_told(after)} ({looser})")
    return found, refused


def _seats(
    held: Settings, now: Settings, parts: Parts, elsewhere: dict[str, str], unopened: list[str], word_id: str
) -> Reseated | None:
    """The models that are taken over, and are open. What is taken over, or could not be opened, is taken out of `elsewhere`."""
    differ = [name for name in (f"minds.{field}" for field in Reseated.model_fields) if name in elsewhere]
    if not differ or parts.models is None:
        return None
    if held.minds.transcripts in ("record", "replay"):
        elsewhere |= dict.fromkeys(differ, "the answers of its models are kept in a cassette")
        return None
    for name in differ:
        del elsewhere[name]
    models, seated = parts.models, held.model_copy(update={"minds": Reseated.of(now.minds).within(held.minds)})

    def opens() -> None:
        Settings.model_validate(seated.model_dump())
        models.prepare(seated)
        parts.files.keep(seated, word_id)

    why = _why_not(opens)
    if why is not None:
        unopened.append(f"{', '.join(differ)}: {why} The models stay as they are")
        return None
    return Reseated.of(without_folders(seated).minds)


def _sources(
    now: Settings, parts: Parts, elsewhere: dict[str, str], unopened: list[str], word_id: str
) -> tuple[SourceSettings, ...] | None:
    """The sources that are taken over, and are open, as `_seats`."""
    if _SOURCES not in elsewhere or parts.news is None:
        return None
    del elsewhere[_SOURCES]
    news, sources = parts.news, now.sentiment.sources

    def opens() -> None:
        news.prepare(sources)
        parts.files.keep(now, word_id)

    why = _why_not(opens)
    if why is not None:
        unopened.append(f"{_SOURCES}: {why} The sources stay as they are")
        return None
    return without_folders(now).sentiment.sources


def _why_not(opens: Callable[[], None]) -> str | None:
    """Why something cannot be opened, as a sentence; None where it is open."""
    try:
        opens()
    except TribunalError as fault:
        return str(fault)
    except ValidationError as fault:
        return "; ".join(each["msg"] for each in fault.errors()) + "."
    except Exception as fault:  # noqa: BLE001  the boundary of a reload: what breaks here may not end a session, nor lose a brake
        return f"it could not be opened ({type(fault).__name__}: {fault})."
    return None


def _switched(settings: Settings) -> dict[str, bool]:
    """Which strategies of a profile are on, by the name under which they vote."""
    return {
        name: entry.is_on for name, entry in zip(names_of(settings.strategies), settings.strategies, strict=True)
    }  # fmt: skip


def _elsewhere(ours: Settings, now: Settings) -> dict[str, str]:
    """Settings outside of the limits that differ, in the order of the profile, each with why a running session keeps its own."""
    before, after = _tree(with_whole_files(ours)), _tree(with_whole_files(now))
    return {name: _AT_START for name in {**before, **after} if before.get(name) != after.get(name)}


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


def _told(value: object) -> str:
    return "null" if value is None else str(value)
