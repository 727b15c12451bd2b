"""Mutated profiles: each is taken or refused in sentences, and a misspelt key is named with the nearest one.

`MUTATED_PROFILES` says how many (`make faults`: 10,000).
"""

import json
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from fault_table import size
from mutations import cut, mutated, places

from config.errors import UsageFault
from config.reading.load import load_profile, profile_names, resolve
from config.reading.schema import spot_at, spot_of
from config.reading.tree import plain
from config.settings import Settings

COUNT = size("MUTATED_PROFILES")
LETTERS = "abcdefghijklmnopqrstuvwxyz_ 0é"
KEYS = 3
"""How many sections of a profile a user's file has."""


def own_file(name: str, chance: Random) -> dict[str, Any]:
    """What a user's file may hold: some of the sections of a packaged profile."""
    whole: Any = plain(resolve(name).tree)
    return {key: whole[key] for key in chance.sample(sorted(set(whole) - {"profile", "extends"}), KEYS)}


def broken(name: str, chance: Random) -> str:
    """The text of a file with something wrong in it."""
    tree, _ = mutated(_as_json(own_file(name, chance)), chance)
    try:
        text = yaml.safe_dump(yaml.safe_load(tree), allow_unicode=True)
    except (yaml.YAMLError, ValueError):
        text = tree
    return cut(text, chance) if chance.random() < 0.2 else text


def refusal(path: Path, overrides: dict[str, object]) -> str | None:
    """The sentences of the refusal; None for a file that is taken. Anything else is raised."""
    try:
        load_profile(str(path), overrides)
    except UsageFault as fault:
        return str(fault)
    return None


@pytest.mark.long
def test_a_mutated_profile_is_taken_or_refused_in_sentences(tmp_path: Path) -> None:
    chance, found, file = Random(5), Counter[str](), tmp_path / "mine.yaml"
    for _ in range(COUNT):
        name = chance.choice(profile_names())
        text = broken(name, chance)
        if chance.random() < 0.3:
            file.write_text(f"extends: {name}\n", encoding="utf-8")
            overrides = flat(own_file(name, chance), chance)
        else:
            file.write_text(f"extends: {name}\n{text}", encoding="utf-8", errors="replace")
            overrides = {}
        said = refusal(file, overrides)
        found["taken" if said is None else "refused"] += 1
        if said is not None:
            assert "nothing was started" in said
            assert "Traceback" not in said
            assert len(said) < 60_000
    print(dict(found))
    assert found["refused"] > 0.3 * COUNT
    assert found["taken"] > 0


@pytest.mark.slow
def test_a_misspelt_key_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    chance, file, found = Random(6), tmp_path / "mine.yaml", Counter[str]()
    for _ in range(COUNT // 2):
        name = chance.choice(profile_names())
        tree = own_file(name, chance)
        keyed = [path for path in places(tree) if siblings(path)]
        path = chance.choice(keyed)
        wrong = misspelt(str(path[-1]), chance)
        known = siblings(path)
        if wrong in known or any(word in wrong for word in ("secret", "token", "password", "api")):
            continue
        at: Any = tree
        for step in path[:-1]:
            at = at[step]
        at[wrong] = at.pop(path[-1])
        file.write_text(f"extends: {name}\n" + yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
        said = refusal(file, {})
        assert said is not None
        lines = [line for line in said.splitlines() if "unknown key" in line]
        assert any(f"{wrong}: unknown key" in line for line in lines), said
        line = next(line for line in lines if f"{wrong}: unknown key" in line)
        guess = line.partition("did you mean ")[2].partition("?")[0]
        found["guessed" if guess == path[-1] else "another" if guess else "listed"] += 1
        if guess:
            assert guess in known
            assert alike(wrong, guess) >= alike(wrong, str(path[-1])) - 1e-9
        else:
            assert f"known here are {', '.join(known)}" in line
    print(dict(found))
    assert found["guessed"] > 0.8 * found.total()


def siblings(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys that may stand at a place; none where the user chooses them, or for an entry of a list."""
    above = spot_at(spot_of(Settings), path[:-1])
    keys = None if above is None else above.keys
    return keys if keys is not None and path[-1] in keys else ()


def alike(one: str, other: str) -> float:
    """How similar two words are, as `difflib` counts."""
    return SequenceMatcher(None, other, one).ratio()


def misspelt(word: str, chance: Random) -> str:
    """A word with one or two slips of the finger."""
    for _ in range(1 + (chance.random() < 0.4)):
        at = chance.randrange(len(word))
        letter = chance.choice(LETTERS[:27])
        word = chance.choice(
            (
                word[:at] + word[at + 1 :] or letter, word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :],
                word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
            )
        )  # fmt: skip
    return word


def flat(tree: dict[str, Any], chance: Random) -> dict[str, object]:
    """Some places of a tree as dotted keys with values that may be anything: what `--set` may be given."""
    found = [path for path in places(tree) if all(isinstance(step, str) for step in path)]
    picked = chance.sample(found, min(3, len(found)))
    return {".".join(map(str, path)): chance.choice(VALUES) for path in picked}


VALUES: tuple[object, ...] = (
    None, True, -1, 0, 1, 10**30, 0.5, float("nan"), float("-inf"), "", "x", "NaN", [], [None], [[]], {}, {"a": 1},
    ["BTC/USDT"] * 3, "é\u202e", "0.1", {"": {}},
)  # fmt: skip


def _as_json(tree: Any) -> str:
    return json.dumps(tree, default=str)
