"""The rungs of a policy on the ablation ladder: first the rule that it corrects, alone, then the policy itself.

Both act (`rl.mode: active`) whatever the verdict on the policy says, because here they are only measured: nothing is journaled,
and no session trades by them. A policy that does not fit the bars is refused before the first rung is run: other features,
markets or bars than its own, or bars from before the end of its training, where it would know the future.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from config.errors import UsageFault
from config.frozen import Frozen
from config.sections.rl import RlSettings
from market.timeframe import Timeframe
from rl.factory import open_policy, words_for
from rl.model import PolicyModel


class PolicyTold(Frozen):
    """The policy of a ladder. `passed`: whether its verdict was passed; None without a verdict."""

    name: str
    sha256: str
    passed: bool | None


class PolicyRungs(NamedTuple):
    """The settings of both rungs, and what the ladder says of the policy."""

    base: RlSettings
    policy: RlSettings
    told: PolicyTold


def policy_rungs(
    model: Path,
    base: Path,
    symbols: Sequence[str],
    timeframe: Timeframe,
    start_utc: datetime,
    *,
    perpetuals: bool = False,
) -> PolicyRungs:
    """The rungs of the policy in the folder `model`. Its base is written to the folder `base`, which must outlive the runs.
    `perpetuals`: whether the markets are perpetual contracts.

    Raises UsageFault for a policy that cannot be read or does not fit a run on these bars, OutputFault for a full disk.
    """
    asked = RlSettings(mode="advisory", model=str(model))
    served = open_policy(asked, symbols, timeframe, start_utc, perpetuals=perpetuals)
    if served is None:
        raise UsageFault(f"{model} names no policy. Nothing was run. Give the folder that `tribunal train` wrote.")
    rule = untaught(served.model)
    rule.save(base)
    passed = None if served.verdict is None else served.verdict.passed
    return PolicyRungs(
        _acting(rule, base),
        _acting(served.model, model),
        PolicyTold(name=served.model.name, sha256=served.model.sha256, passed=passed),
    )


def untaught(model: PolicyModel) -> PolicyModel:
    """The policy as it was before its first lesson: its networks answer 0, so its multiplier is that of its base."""
    silent = replace(model.networks, w3=np.zeros_like(model.networks.w3), b3=np.zeros_like(model.networks.b3))
    return replace(model, card=model.card.model_copy(update={"name": f"base of {model.name}"}), networks=silent)


def _acting(model: PolicyModel, folder: Path) -> RlSettings:
    return RlSettings(mode="active", model=str(folder), override=words_for(model.name))
