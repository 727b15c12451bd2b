"""Types that many settings share: a fraction, a positive number, an amount of money, a name out of a table."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Money = Annotated[Decimal, Field(gt=0)]


class OneOf:
    """A text that must be a key of `table`. The table is the one place where its rows are declared."""

    def __init__(self, table: Mapping[str, object]) -> None:
        self.options = tuple(table)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The same check and the same error as `Literal` with these options."""
        return core_schema.literal_schema(list(self.options))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A text: one more row of a table is no other form of what is written."""
        return {"type": "string"}
