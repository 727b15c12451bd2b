"""Where alerts go: routes, as a user types them.

    TRIBUNAL_ALERTS="critical=tgram://TOKEN/CHAT warning,daily_summary,-data_frozen=mailto://me:word@example.org"

A route is a destination of apprise, or words and a destination with `=` between them. Words, with commas: a severity (that and
all above it; `warning` where none is named), codes to add, codes with `-` to leave out, `amounts` to show sizes of the account.
Routes stand in the environment, since destinations hold tokens; `--alert` takes those that hold none.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from agents.outages.alert import Severity
from config.errors import UsageFault
from ops.live.woken.catalogue import BY_CODE
from ops.live.woken.notice import GRAVITY, Notice

VARIABLE = "TRIBUNAL_ALERTS"
MISSING = f'{VARIABLE} or --alert is set, and alerts need a further package. Run: pip install "tribunal[woken]"'
_ROUTE = re.compile(r"(?:(?P<words>[a-z0-9_,-]+)=)?(?P<url>[a-zA-Z][a-zA-Z0-9+.-]*://\S+)")
_AMOUNTS = "amounts"
_ALWAYS = ("test", "alerts_lost")


class Route(NamedTuple):
    """One destination and what goes there. `name` shows no secret."""

    name: str
    destination: Any
    """The service of apprise."""
    least: Severity | None
    adds: frozenset[str]
    leaves_out: frozenset[str]
    shows_amounts: bool

    def takes(self, told: Notice) -> bool:
        """Whether an alert goes there."""
        if told.code in _ALWAYS:
            return True
        if told.code in self.leaves_out:
            return False
        grave = self.least is not None and GRAVITY[told.severity] >= GRAVITY[self.least]
        return grave or told.code in self.adds


def routes_of(typed: Sequence[str], kept: str | None) -> tuple[Route, ...]:
    """The routes of `--alert`, and those that the variable keeps. Raises UsageFault for one that cannot be read, and never shows
    it."""
    texts = [(text, "--alert") for text in typed] + [(text, VARIABLE) for text in (kept or "").split()]
    routes = []
    for number, (text, where) in enumerate(texts, 1):
        routes.append(_route(text, f"{where}, route {number}", number, may_be_secret=where == VARIABLE))
    return tuple(routes)


def secrets_of(kept: str | None) -> tuple[str, ...]:
    """The parts of kept routes that must be shown nowhere: whole routes, and tokens in them."""
    texts = (kept or "").split()
    parts = (part for text in texts for part in re.split(r"[/:@?&=]+", text.partition("://")[2]))
    return (*texts, *(part for part in parts if len(part) >= 8))


def _route(text: str, where: str, number: int, *, may_be_secret: bool) -> Route:
    found = _ROUTE.fullmatch(text)
    if found is None:
        raise UsageFault(
            f"{where}: this is no route. Nothing was started. A route is a destination such as ntfy://HOST/TOPIC, or "
            "WORDS=DESTINATION such as critical=tgram://TOKEN/CHAT (docs/alerts.md); between routes stands a blank."
        )
    least, adds, leaves_out, amounts = _words(found["words"] or "", where)
    destination = _service(found["url"])
    if destination is None:
        scheme = found["url"].partition("://")[0]
        raise UsageFault(
            f"{where}: apprise cannot read this destination ({scheme}://…). Nothing was started. Its form stands at "
            "https://appriseit.com; `tribunal alert` tries it."
        )
    if not may_be_secret and destination.url(privacy=True) != destination.url(privacy=False):
        raise UsageFault(
            f"{where}: this destination holds a secret, which would stand in the list of processes and in the shell's history. "
            f"Nothing was started. Put it into {VARIABLE}, in the environment or in .env."
        )
    return Route(f"{destination.service_name} (route {number})", destination, least, adds, leaves_out, amounts)


def _words(text: str, where: str) -> tuple[Severity | None, frozenset[str], frozenset[str], bool]:
    words = [word for word in text.split(",") if word]
    grades = [grade for grade in GRAVITY if grade in words]  # the least grave first
    codes = [word for word in words if word not in GRAVITY and word != _AMOUNTS]
    unknown = [word for word in codes if word.removeprefix("-") not in BY_CODE]
    if unknown:
        near = get_close_matches(unknown[0].removeprefix("-"), [*BY_CODE, *GRAVITY, _AMOUNTS], n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UsageFault(
            f"{where}: there is no alert {unknown[0].removeprefix('-')!r}. Nothing was started.{hint} "
            "`tribunal alert --list` shows all."
        )
    adds = frozenset(word for word in codes if not word.startswith("-"))
    leaves_out = frozenset(word[1:] for word in codes if word.startswith("-"))
    least: Severity | None = grades[0] if grades else None
    if least is None and not adds:
        least = "warning"
    return least, adds, leaves_out, _AMOUNTS in words


def _service(url: str) -> Any:
    """The service of a destination; None if apprise cannot read it. Raises UsageFault where apprise is not installed."""
    try:
        import apprise
    except ImportError as fault:
        raise UsageFault(f"{MISSING}. Nothing was started.") from fault
    apprise.logger.disabled = True  # it would write parts of destinations to stderr
    patient = apprise.AppriseAsset(
        service_timeout=0
    )  # else it leaves a thread behind, which holds the end of the process
    return apprise.Apprise.instantiate(url, asset=patient, suppress_exceptions=True)
