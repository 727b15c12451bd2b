"""Thousands of damaged profiles: none gets through as a traceback, and no unknown key goes unnamed."""

import copy
import types
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import numpy as np
import pytest
import yaml
from pydantic import BaseModel

from config.errors import UsageFault
from config.reading.load import PROFILES, load_profile
from config.seeds import generator
from config.settings import Settings

ODD = (
    None, True, -1, 0, 3, 10**30, 1e308, -0.0, float("nan"), float("inf"), "", "no", "x" * 500, "a\nb", "\u2028", "1e999",
    [], {}, [[]], {"a": {}}, ["BTC/USDT", "BTC/USDT"], "-1", "0.05", "*", "12:30",
)  # fmt: skip
GARBLE = "{}[]:,&*!|>'\"%@`#-\t\n ?\x00\u00e9a0"


@pytest.mark.slow
def test_hundreds_of_damaged_profiles_never_cause_anything_but_a_usage_fault(tmp_path: Path) -> None:
    refused, named = survive(tmp_path, seed=0, rounds=400)
    assert refused > 200
    assert named > 100


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_ten_thousand_damaged_profiles_never_cause_anything_but_a_usage_fault(tmp_path: Path, seed: int) -> None:
    refused, named = survive(tmp_path, seed=seed, rounds=2_500)
    assert refused > 1_250
    assert named > 625


def survive(folder: Path, seed: int, rounds: int) -> tuple[int, int]:
    """Load `rounds` damaged profiles; how many were refused, and how many unknown keys were named."""
    chance = generator(seed, "mutations")
    text = (PROFILES / "base.yaml").read_text() + "world: simulated\n"
    whole = yaml.load(text, yaml.CSafeLoader)
    file = folder / "damaged.yaml"
    refused = named = 0
    for number in range(rounds):
        unknown: list[str] = []
        if number % 2:
            file.write_text(garbled(text, chance), encoding="utf-8")
        else:
            damaged = mutated(whole, chance)
            unknown = unknown_keys(Settings, damaged)
            file.write_text(yaml.dump(damaged, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")
        said = refusal(file)
        refused += said is not None
        named += len(unknown)
        for key in unknown:
            assert said is not None, f"{key} was let through"
            assert f"  {key}: unknown key; " in said, f"{key} is not named in {said}"
    return refused, named


def refusal(file: Path) -> str | None:
    """What a refused profile was told, checked for its form; None for one that was accepted."""
    try:
        settings = load_profile(str(file))
    except UsageFault as fault:
        heading, *lines = str(fault).split("\n")
        assert "nothing was started" in heading
        assert lines
        assert all(line.startswith("  ") and line.isprintable() for line in lines)
        return str(fault)
    assert settings == Settings.model_validate(settings.model_dump())
    return None


def mutated(whole: Any, chance: np.random.Generator) -> Any:
    """The tree with one to four acts of damage."""
    damaged = copy.deepcopy(whole)
    for _ in range(chance.integers(1, 5)):
        holders = list(mappings(damaged))
        holder = holders[chance.integers(len(holders))]
        keys = list(holder)
        key = keys[chance.integers(len(keys))] if keys else "seed"
        match chance.integers(5):
            case 0:
                holder[misspelt(key, chance)] = copy.deepcopy(holder.get(key))
            case 1:
                holder[f"key_{chance.integers(100)}"] = copy.deepcopy(ODD[chance.integers(len(ODD))])
            case 2:
                holder.pop(key, None)
            case _:
                holder[key] = copy.deepcopy(ODD[chance.integers(len(ODD))])
    return damaged


def misspelt(key: str, chance: np.random.Generator) -> str:
    at = int(chance.integers(len(key)))
    return key[:at] + "qz"[chance.integers(2)] + key[at + 1 :]


def mappings(value: Any) -> Any:
    """Every mapping in a tree, itself first."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from mappings(item)


def garbled(text: str, chance: np.random.Generator) -> str:
    """The text with one to four characters or lines replaced, doubled or lost."""
    for _ in range(chance.integers(1, 5)):
        at = int(chance.integers(len(text)))
        match chance.integers(4):
            case 0:
                text = text[:at] + GARBLE[chance.integers(len(GARBLE))] + text[at + 1 :]
            case 1:
                text = text[:at] + text[at + int(chance.integers(1, 12)) :]
            case 2:
                text = text[:at] + GARBLE[chance.integers(len(GARBLE))] * int(chance.integers(1, 40)) + text[at:]
            case _:
                lines = text.split("\n")
                row = int(chance.integers(len(lines)))
                text = "\n".join([*lines[:row], lines[row], *lines[row:]])
    return text


def unknown_keys(kind: Any, value: Any, path: tuple[str, ...] = ()) -> list[str]:
    """The oracle: unknown keys by a walk of its own over the models, whatever stands beside them."""
    if get_origin(kind) is Annotated:
        return unknown_keys(get_args(kind)[0], value, path)
    if get_origin(kind) in (Union, types.UnionType):
        return unknown_keys(get_args(kind)[0], value, path)
    found = []
    if isinstance(kind, type) and issubclass(kind, BaseModel) and isinstance(value, dict):
        for key, item in value.items():
            if key in kind.model_fields:
                found += unknown_keys(kind.model_fields[key].annotation, item, (*path, key))
            else:
                found.append(".".join((*path, key)))
    elif get_origin(kind) is dict and isinstance(value, dict):
        for key, item in value.items():
            found += unknown_keys(get_args(kind)[1], item, (*path, key))
    elif get_origin(kind) is tuple and isinstance(value, list):
        for number, item in enumerate(value):
            found += unknown_keys(get_args(kind)[0], item, (*path, str(number)))
    return found
