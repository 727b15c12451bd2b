"""The form of one row of the catalogue of limits.

A row states everything about a limit that a list of limits may need. Its value in a profile is in `config.sections.limits`. A row
checks nothing itself: tests compare it with its rule, its settings and the fast engine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from config.sections.limits import RiskLimits
from risk.facts import Rule
from risk.sizing import Room
from risk.verdict import RuleCode

Value = float | int | bool | None
"""What a setting of `limits:` may be."""


class Part(StrEnum):
    """What a limit does: a CHECK refuses an entry or lets it pass, a CAP leaves it some notional."""

    CHECK = "check"
    CAP = "cap"


class Kernel(StrEnum):
    """What the fast engine (`execution.kernel`) does about a limit.

    COUNTED: it has the rule itself. REFUSED: it refuses a profile in which the limit can bind. UNREACHABLE: the limit cannot bind
    in a run of the fast engine, whatever the profile says; the row says why.
    """

    COUNTED = "counted"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


def always(limits: RiskLimits) -> bool:
    """A rule that every verdict has."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit of the gate.

    `code`: its name in verdicts. `rule`: the function that reports on it. `unit`: of the number that it reports, empty where the
    rule reports no number. `sentence`: what a reader is told that it is for. `loosest`: its settings in `limits:`, each with the
    value at which the limit cannot bind, or binds least; empty where the limit has no setting and always holds. `kernel`: what
    the fast engine does about it; `why`: why it cannot bind there. `room`: what a cap leaves, where that is known without the
    other positions, the market and its returns. `applies`: whether a verdict under these limits has the rule at all; a rule that
    came later says no for the settings under which it does nothing, so that older verdicts can be made again. `perpetuals`: a
    limit of perpetual contracts, which no verdict on spot has. `repeats`: the limit with which it is one number where nothing can
    be short. `of_order`: a cap of the order alone, whatever is held; every other cap is one of the whole position. `hears`: the
    rule reads what a hearing said, the argument and the scales.
    """

    code: RuleCode
    rule: Rule
    part: Part
    sentence: str
    unit: str = ""
    loosest: Mapping[str, Value] = field(default_factory=dict)
    kernel: Kernel = Kernel.REFUSED
    why: str = ""
    room: Room | None = None
    applies: Callable[[RiskLimits], bool] = always
    perpetuals: bool = False
    repeats: RuleCode | None = None
    of_order: bool = False
    hears: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "loosest", MappingProxyType(dict(self.loosest)))

    def binding_settings(self, limits: RiskLimits) -> tuple[str, ...]:
        """The settings by which this limit could bind under `limits`."""
        return tuple(name for name, value in self.loosest.items() if getattr(limits, name) != value)
