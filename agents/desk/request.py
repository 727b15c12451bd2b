"""Requests for a session, as frozen values: a world, and a run in it. Commands pass these to each other.

A request is the parsed input of a user. `agents/desk/world.py` makes a world of it and refuses requests that cannot be met.
"""

from typing import Any, Literal

from pydantic import Field

from config.frozen import Frozen, UtcTime
from market.files.reading import AS_FOUND, Reading

Approve = Literal["auto", "ask", "never"]


class BarsRequest(Frozen):
    """Files of recorded bars, finer bars, mark prices, funding rates and figures of the market context. Without files the market
    is simulated.

    Bars open at `start_utc` or later and close at `end_utc` or earlier; None for all. `reading` says of `data`, `detail`,
    `marks` and `facts` what the files leave open.
    """

    data: tuple[str, ...] = ()
    symbols: tuple[str, ...] | None = None
    start_utc: UtcTime | None = None
    end_utc: UtcTime | None = None
    detail: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    funding: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    reading: Reading = AS_FOUND
    feed_url: str | None = None
    """Another address of the exchange of a live feed."""
    feed_store: str | None = None
    """The store that keeps the past of a live feed; None to keep none."""
    feed_bars: int | None = None
    """Bars after which a session on a live feed ends; None for no end."""


class WorldRequest(Frozen):
    """A profile, the settings that differ from it, and the bars. None leaves a setting to the profile.

    `overrides` are settings by dotted key; they win over the profile. `news` is a file of dated headlines, `news_dates` the
    order of dates such as 05/11/2022 in it, `feed` the exchange whose bars are traded as they close, `mind` a provider of the
    profile or `rules`, `model` the name of another model for it (for a local one, the path of its file).
    """

    profile: str
    overrides: dict[str, Any] = Field(default_factory=dict)
    bars: BarsRequest = BarsRequest()
    news: str | None = None
    news_dates: Literal["dmy", "mdy"] | None = None
    timeframe: str | None = None
    days: int | None = None
    scenario: str | None = None
    feed: str | None = None
    seed: int | None = None
    mind: str | None = None
    model: str | None = None
    approve: Approve | None = None


class RunRequest(Frozen):
    """One session that writes a folder: its world, its folder, and how much it prints.

    `out` is a new folder (None: the next one in `runs/`), `resume` the folder of a run that was killed or stopped, `calibration`
    a file of sizing maps, `record` a file of what earlier runs have taught of the voters, `confirm` the words that a profile with
    real money requires, `without_record` those that trade it without a paper record. `command` is what starts it, and
    therefore what is done at its end. `require_models`: a session in which no model can sit is not begun. `watch`: whether the
    debate is shown as it is said; None for where models sit and there is a terminal. `serve`: the port of this machine at
    which a browser can look on; None for none. `pace_s`: how long is waited after each bar, so that somebody can [s].
    `alert`: routes of alerts, without secrets. `log_file`: where the session is logged; None for stderr alone.
    """

    world: WorldRequest
    command: Literal["run", "backtest"] = "run"
    calibration: str | None = None
    record: str | None = None
    out: str | None = None
    resume: str | None = None
    confirm: str | None = None
    without_record: str | None = None
    as_json: bool = False
    quiet: bool = False
    require_models: bool = False
    watch: bool | None = False
    alert: tuple[str, ...] = ()
    serve: int | None = None
    pace_s: float | None = None
    log_file: str | None = None
