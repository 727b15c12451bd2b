"""Who sits in the shadow court (`court.shadow`): a profile or a YAML file of one, of which `court:` and `minds:` count.

It is read once, at the start, and the journal keeps what it says, so that a replay needs no file.
"""

from pathlib import Path

from pydantic import Field

from agents.court.prompts.own import read_own_prompts
from agents.court.prompts.prompt import Part
from config.errors import UsageFault
from config.frozen import Frozen, empty
from config.reading.load import load_profile
from config.sections.court import CourtSettings
from config.sections.minds import MindsSettings
from config.settings import Settings


class ShadowSeat(Frozen):
    """The shadow court of a session: the roles, and the minds behind them."""

    name: str = Field(description="name of the profile or the file, without its folder")
    court: CourtSettings = Field(description="how it rules")
    minds: MindsSettings = Field(description="who is asked there")
    own_prompts: dict[Part, str] = Field(
        default_factory=dict, exclude_if=empty, description="the user's own prompts for it, by part"
    )

    def within(self, settings: Settings) -> Settings:
        """The settings of a session as this court has them."""
        return settings.model_copy(update={"court": self.court, "minds": self.minds})


def read_seat(settings: Settings) -> ShadowSeat | None:
    """The shadow court that the profile names; None without one.

    Raises UsageFault for a file that cannot be read as a profile, for a shadow with a shadow of its own, and for two courts of
    models that are shown cases of different forms.
    """
    path = settings.court.shadow
    if path is None:
        return None
    found = load_profile(path)
    if found.court.shadow is not None:
        raise UsageFault(
            f"{path} is a shadow court, and names one itself (court.shadow). Nothing was started. Remove that line there."
        )
    both = settings.court.mind == found.court.mind == "models"
    if both and settings.minds.case != found.minds.case:
        raise UsageFault(
            f"The court is shown {settings.minds.case} cases, and its shadow in {path} {found.minds.case} ones, but they hear "
            f"the same. Nothing was started. Set minds.case there to {settings.minds.case}."
        )
    return ShadowSeat(
        name=Path(path).stem, court=found.court, minds=found.minds, own_prompts=read_own_prompts(found)
    )  # fmt: skip


def asks_models(seat: ShadowSeat | None) -> bool:
    """Whether models sit in a shadow court."""
    return seat is not None and seat.court.mind == "models"
