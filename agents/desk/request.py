"""What a session is asked to be, as frozen values: a world, and a run in it. Commands hand these to each other.

A request is what a user wrote, taken apart and no more. `agents/desk/world.py` makes a world of it, and refuses there.
"""

from typing import Any, Literal

from pydantic import Field

from config.frozen import Frozen, UtcTime

Approve = Literal["auto", "ask", "never"]


class BarsRequest(Frozen):
    """Recorded bars by their files, with what is told beside them; no files stand for the simulated market.

    Bars open at `start_utc` or later and close at `end_utc` or earlier; None for all.
    """

    data: tuple[str, ...] = ()
    symbols: tuple[str, ...] | None = None
    start_utc: UtcTime | None = None
    end_utc: UtcTime | None = None
    detail: tuple[str, ...] = ()
    funding: tuple[str, ...] = ()


class WorldRequest(Frozen):
    """A profile, what is to differ from it, and the bars. None leaves a setting to the profile.

    `overrides` are settings by dotted key; they win over the profile. `news` is a file of dated headlines, `mind` a provider of
    the profile or `rules`, `model` the name of another model for it (for a local one, the path of its file).
    """

    profile: str
    overrides: dict[str, Any] = Field(default_factory=dict)
    bars: BarsRequest = BarsRequest()
    news: str | None = None
    timeframe: str | None = None
    days: int | None = None
    seed: int | None = None
    mind: str | None = None
    model: str | None = None
    approve: Approve | None = None


class RunRequest(Frozen):
    """One session that leaves a folder behind: its world, where it goes, and how much is said meanwhile.

    `out` is a new folder (None: the next of `runs/`), `resume` that of a run that was killed, `calibration` a file of sizing
    maps, `confirm` the words that a profile with real money asks for.
    """

    world: WorldRequest
    calibration: str | None = None
    out: str | None = None
    resume: str | None = None
    confirm: str | None = None
    as_json: bool = False
    quiet: bool = False
