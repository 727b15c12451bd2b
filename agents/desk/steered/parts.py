"""The parts of a running session that a changed profile replaces: who answers for its models, and its sources.

Each is opened before the word of the operator is journaled, and taken when it is.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from agents.desk.kept import KeptFiles
from agents.desk.models import Heard, models_of
from agents.desk.steered.news import Newsroom
from agents.desk.steered.seats import SeatedModels
from agents.llm.asking import Asker
from agents.records.steered import Reloaded
from config.secrets import Secrets
from config.settings import Settings


def hides_nothing(secrets: Secrets) -> None:
    """For a session that logs nothing."""


@dataclass(slots=True)
class Parts:
    """Filled while a session is opened. `models` is None where no model sits, `news` until the sources are open."""

    models: SeatedModels | None = None
    news: Newsroom | None = None
    files: KeptFiles = field(default_factory=KeptFiles)
    """Where the files that the journal names without folders lie."""
    hide: Callable[[Secrets], None] = hides_nothing
    """Is given the keys of models that are opened later, for the logs."""

    def take(self, profile: Reloaded, word_id: str) -> None:
        """Take what was prepared for a word. In the past of a run that is resumed nothing was: its sources are opened then or
        later, and its models were opened at the start. Raises TribunalError for a source that cannot be opened then."""
        if profile.seats is not None and self.models is not None:
            self.models.take()
        if profile.sources is not None and self.news is not None:
            self.news.take(self.files.whole_sources(profile.sources, word_id))


@asynccontextmanager
async def seated_models(
    settings: Settings, secrets: Secrets, parts: Parts, heard: Heard | None = None
) -> AsyncIterator[Asker | None]:
    """As `agents.desk.models.models_of`, for a session whose models a changed profile may replace."""
    async with models_of(settings, secrets, heard) as first:
        if first is None:
            yield None
            return
        parts.models = SeatedModels(first, settings, lambda keys: parts.hide(keys))
        try:
            yield parts.models
        finally:
            await parts.models.close()
