"""Numbers that many settings share: a fraction, a positive number, an amount of money."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Money = Annotated[Decimal, Field(gt=0)]
