"""A row of a table of settings names what it builds as `module:name`; here the name becomes the thing.

The tables stand in `config/sections/`, because a profile chooses from them. They hold text and import nothing: what no profile
chooses is never loaded.
"""

from importlib import import_module
from typing import Any


def named(row: str) -> Any:
    """What `module:name` names. Raises ImportError, AttributeError for a row that names nothing: a defect of the program."""
    module, _, name = row.partition(":")
    return getattr(import_module(module), name)
