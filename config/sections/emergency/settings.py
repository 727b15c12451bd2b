"""The settings of the emergency stop: one for each row of the table."""

from typing import Annotated, Any

from pydantic import Field, create_model

from config.frozen import Frozen
from config.sections.emergency.table import TRIGGERS, Action


class TriggerSettings(Frozen):
    """From which figure on a trigger falls, and what it does."""

    above: Annotated[float, Field(ge=0, le=1e9)] = Field(
        description="the figure above which it falls [unit of the trigger]"
    )
    action: Action = Field(description="no new risk; entries are withdrawn too; all positions are sold too")


class _Emergency(Frozen):
    """The triggers of the emergency stop; null for one that is off. They are read in sessions on the clock."""

    def of(self, name: str) -> TriggerSettings | None:
        """The settings of a trigger; None for one that is off."""
        found: TriggerSettings | None = getattr(self, name)
        return found


_fields: dict[str, Any] = {
    row.name: (
        TriggerSettings | None,
        Field(description=f"what happens above a {row.measures}; null for nothing [{row.unit}]"),
    )
    for row in TRIGGERS
}
EmergencySettings = create_model("EmergencySettings", __base__=_Emergency, **_fields)
EmergencySettings.__doc__ = _Emergency.__doc__
