"""Opens the policy that a profile names, and makes the adjuster of a session from it.

A policy that does not fit the run is refused before anything starts, in one sentence: other features, markets or bars than those
it was trained on, spot for perpetuals or the other way round, or a run that begins before its training ended, where it would know
the future. `active` needs a verdict that was passed, or the typed words of `rl.override`, which the journal keeps.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from config.errors import UsageFault
from config.sections.rl import RlSettings
from market.timeframe import Timeframe
from rl.adjuster import Adjuster, Off
from rl.features import PERPETUAL, SPOT, known_schemas, schema_named
from rl.model import PolicyModel, load_model
from rl.serving.policy import PpoAdjuster, base_of
from rl.serving.promise import PolicyVerdict, read_verdict


class Served(NamedTuple):
    """A policy that may be served, and what is known of it."""

    model: PolicyModel
    verdict: PolicyVerdict | None


def open_policy(
    settings: RlSettings,
    symbols: Sequence[str],
    timeframe: Timeframe,
    start_utc: datetime,
    *,
    perpetuals: bool = False,
) -> Served | None:
    """The policy that the settings name, for a run on these markets; None while off. `perpetuals`: whether they are perpetual
    contracts. Raises UsageFault."""
    if settings.mode == "off" or settings.model is None:
        return None
    folder = Path(settings.model).expanduser()
    model = load_model(folder, known_schemas())
    base_of(model)
    _refuse_other_contracts(model, perpetuals)
    _refuse_other_world(model, symbols, timeframe, start_utc)
    verdict = read_verdict(folder, model.sha256)
    if settings.mode == "active":
        _refuse_unproven(model, verdict, settings.override)
    return Served(model, verdict)


def adjuster_of(settings: RlSettings, model: PolicyModel | None = None) -> Adjuster:
    """The adjuster between court and gate. It is the same for a run, its replay and every session of a backtest.

    Raises UsageFault if the settings need a policy and none was opened.
    """
    if settings.mode == "off":
        return Off()
    if model is None:
        raise UsageFault(f"rl.mode is {settings.mode}, and no policy was opened. Nothing was started. Give rl.model.")
    return PpoAdjuster(model, settings.mode)


def words_for(name: str) -> str:
    """What has to stand in `rl.override` to let an unproven policy change sizes."""
    return f"I accept {name}"


def _refuse_other_world(model: PolicyModel, symbols: Sequence[str], timeframe: Timeframe, start_utc: datetime) -> None:
    card = model.card
    if strangers := sorted(set(symbols) - set(card.universe)):
        raise _unfit(model, f"was not trained on {', '.join(strangers)}, but on {', '.join(card.universe)}")
    if timeframe != card.timeframe:
        raise _unfit(model, f"was trained on bars of {card.timeframe}, and the run has bars of {timeframe}")
    learnt_until = max(span.end_utc for span in card.spans)
    if start_utc < learnt_until:
        raise _unfit(
            model,
            f"has learnt from bars up to {learnt_until:%Y-%m-%d %H:%M}, and the run starts at {start_utc:%Y-%m-%d %H:%M} UTC, so "
            "it would know its future",
        )


def _refuse_other_contracts(model: PolicyModel, perpetuals: bool) -> None:
    """Raise UsageFault for a policy of spot on perpetuals, of which it knows neither shorts nor margin, and the reverse."""
    reads = schema_named(model.card.schema_sha256)
    if reads is PERPETUAL and not perpetuals:
        raise _unfit(model, "was trained on perpetuals, and the run trades spot: it would ask for leverage and funding")
    if reads is SPOT and perpetuals:
        raise _unfit(
            model,
            "was trained on spot, long or flat: it knows no direction of a short, no funding and no liquidation, and the run "
            "trades perpetuals (`make train-perp` trains one that knows them)",
        )


def _refuse_unproven(model: PolicyModel, verdict: PolicyVerdict | None, override: str | None) -> None:
    if (verdict is not None and verdict.passed) or override == words_for(model.name):
        return
    shown = (
        "has no verdict of `tribunal evaluate`" if verdict is None else f"has not passed its verdict ({verdict.why})"
    )
    raise _unfit(model, f'{shown}: set rl.mode to advisory, or rl.override to "{words_for(model.name)}"', advice=False)


def _unfit(model: PolicyModel, why: str, *, advice: bool = True) -> UsageFault:
    todo = " Give another policy or other bars, or set rl.mode to off." if advice else ""
    return UsageFault(f"The policy {model.name} {why}. Nothing was started.{todo}")
