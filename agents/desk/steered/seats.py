"""Who sits in the court of a session: the settings of its models, and the managers that ask them.

A word of its operator changes both between two bars. The settings are in the journal, so a replay seats the same models at the
same place and asks nobody. A running session opens the new manager before the word is journaled, so that one which cannot be
opened changes nothing; a decision whose time has begun is asked to its end where it began.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from agents.court.minds.model import ModelMind
from agents.court.reserved.dockets import ReservedDockets
from agents.desk.models import Opened, key_variables, open_models, place_of, unfit
from agents.llm.asking import Accept, Asker, RoleAnswer, Word
from agents.llm.attempt import Request
from agents.llm.providers.factory import unanswerable
from agents.records.steered import Reseated
from config.errors import UsageFault
from config.secrets import Secrets, load_secrets
from config.sections.minds import MindsSettings
from config.settings import Settings

_DECISIONS_KEPT = 4096
_SPARE_S = 5.0
"""Time that models which were replaced are kept after the deadline of the last decision that began with them."""


class Seats:
    """The models that sit from the next hearing on, for every court of a session that they sit in."""

    def __init__(self, minds: MindsSettings, mind: ModelMind | None = None) -> None:
        """`mind`: that of the court which hears a case at once; None where no model sits."""
        self.minds = minds
        self._mind = mind
        self.reserved: ReservedDockets | None = None
        """The dockets whose patience is that of the models; None where every ruling is there at once."""

    def take(self, moved: Reseated) -> None:
        """From the next hearing on, these sit."""
        before, self.minds = self.minds, moved.within(self.minds)
        if self._mind is not None:
            self._mind.reseat(self.minds)
        if self.reserved is not None:
            longer_s = self.minds.deadlines.decision_s - before.deadlines.decision_s
            self.reserved.patience += timedelta(seconds=longer_s)


class SeatedModels:
    """The asker of a running session, whose models may change between two bars. Belongs to one event loop."""

    def __init__(
        self, first: Asker, settings: Settings, hide: Callable[[Secrets], None] = lambda secrets: None
    ) -> None:
        """`first` asks for the models of `settings`. `hide` is given the keys of models that are opened later, for the logs."""
        self._now: Asker = first
        self._minds = settings.minds
        self._hide = hide
        self._next: tuple[Opened, MindsSettings] | None = None
        self._opened: list[Opened] = []
        self._ending: set[asyncio.Future[None]] = set()
        self._asked: OrderedDict[str, Asker] = OrderedDict()

    def decide(self, decision_id: str, before_usd: Decimal = Decimal(0), *, ahead: bool = False) -> None:
        """Begin a decision: whoever sits now is asked to its end."""
        self._asked[decision_id] = self._now
        self._asked.move_to_end(decision_id)
        while len(self._asked) > _DECISIONS_KEPT:
            self._asked.popitem(last=False)
        self._now.decide(decision_id, before_usd, ahead=ahead)

    async def ask(self, decision_id: str, request: Request, accept: Accept[Word]) -> RoleAnswer[Word]:
        """Ask those who sat when the decision began."""
        return await self._asked.get(decision_id, self._now).ask(decision_id, request, accept)

    def prepare(self, settings: Settings) -> None:
        """Open the models of these settings beside those that sit. Nobody is asked, and nothing has changed yet.

        Raises UsageFault for a model that is new there and cannot sit: without key, or without a price.
        """
        minds = settings.minds
        secrets = load_secrets(also=key_variables(settings))
        for name, why in unfit(minds, secrets).items():
            if place_of(minds, name) != place_of(self._minds, name):
                raise UsageFault(f"{name} cannot sit: {why}.")
        silent = unanswerable(minds, secrets)
        if silent:
            raise UsageFault(f"No model could answer as {' or '.join(silent).replace('_', ' ')}.")
        self._hide(secrets)
        found = open_models(settings, secrets)
        found.manager.unseat(unfit(minds, secrets))
        self._opened.append(found)
        self._next = (found, minds)

    def take(self) -> None:
        """Whom was prepared is asked from the next decision on; nothing happens where nobody was, as in the past of a run."""
        if self._next is None:
            return
        replaced = next((each for each in self._opened if each.manager is self._now), None)
        if replaced is not None:
            latest_s = self._minds.deadlines.decision_s + _SPARE_S
            asyncio.get_running_loop().call_later(latest_s, self._end, replaced)
        found, self._minds = self._next
        self._now, self._next = found.manager, None

    async def close(self) -> None:
        """Close what was opened here."""
        await asyncio.gather(*self._ending, *(each.close() for each in self._opened))

    def _end(self, replaced: Opened) -> None:
        """Close models that were replaced: the deadline of every decision that began with them is over."""
        if replaced in self._opened:
            self._opened.remove(replaced)
            self._ending.add(asyncio.ensure_future(replaced.close()))
