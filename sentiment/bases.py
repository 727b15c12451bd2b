"""Finds the coins that a headline mentions: by name or ticker, and a coin that is not on our list by how tickers are written.

Names count in any case. Tickers count in capitals or after a dollar sign; tickers that are English words ("LINK", "NEAR") only
with a sign that they are tickers: "$LINK", "Chainlink (LINK)", "LINK/USDT", "LINK token". The same signs, and a name before
"network" or "token", show a coin that nobody listed, so that its hack is not taken for news of the whole market. A text without
any coin is asked for a project that it is about (`sentiment/projects/`). Stablecoins are left out on purpose, because a depeg
concerns the whole market.
"""

import re
from collections.abc import Iterator
from functools import cache

from sentiment.coins import base_of_name, coins, no_coins, tickers
from sentiment.projects.named import projects_in

_KINDS = r"(?:tokens?|coins?|memecoins?|network|blockchain|mainnet|protocol|chain)"
_FIRM = rf"(?:{_KINDS}|foundation|labs|validators?|holders|bridge|dao|airdrop|price)"
_QUOTED = r"(?:USDT|USDC|USD|BUSD|FDUSD|EUR|GBP|BTC|ETH|BNB)"

_TOKEN = re.compile(r"\w+", re.ASCII)
_CASH = re.compile(r"(?<![A-Za-z0-9])\$(?P<base>[A-Za-z][A-Za-z0-9]{1,9})\b")
_BRACKETS = re.compile(r"(?<=\w )\(\$?(?P<base>[A-Z][A-Z0-9]{1,9})\)")
_PAIR = re.compile(rf"\b(?P<base>[A-Z][A-Z0-9]{{1,9}})[/-]{_QUOTED}\b", re.ASCII)
_TICKER_OF = re.compile(rf"\b(?P<base>[A-Z][A-Z0-9]{{1,9}})(?:'s)? {_FIRM}\b", re.ASCII)
_NAME_OF = re.compile(
    r"(?<![\w-])(?P<name>[A-Z][a-z]+[A-Za-z0-9]*)(?:'s)? (?:token|coin|memecoin|network|mainnet|protocol)\b(?!-)",
    re.ASCII,
)


def bases_in(text: str) -> tuple[str, ...]:
    """The coins that a plain text mentions, sorted, each once. An empty result means the whole market.

    A coin or a project that is not on the list has the ticker that the text gives it, or else its name in capitals.
    """
    signed = (base for base in _signed(text) if base not in no_coins("stable", "money"))
    return tuple(sorted({*_listed(text), *signed})) or projects_in(text)


def first_bases_in(text: str) -> tuple[str, ...]:
    """The same for the first 34 coins of the list, and no sign of others: what blinded prompts have always masked."""
    found = set()
    for match in _first_pattern().finditer(text):
        name = match["name"]
        found.add(base_of_name()[name.lower()] if name else match["cash"] or match["ticker"])
    return tuple(sorted(found))


def base_named(name: str) -> str | None:
    """The ticker of a coin by its own name ("Bitcoin", "bitcoin-cash"); None for any other text."""
    return base_of_name().get(" ".join(re.split(r"[\s_-]+", name.strip().lower())))


@cache
def _first_pattern() -> re.Pattern[str]:
    known = [coin for coin in coins() if coin.edition == 1]
    names = "|".join(sorted((name for coin in known for name in coin.names), key=len, reverse=True))
    cash, alone = "|".join(coin.base for coin in known), "|".join(coin.base for coin in known if coin.alone)
    return re.compile(
        rf"(?P<name>\b(?i:{names})\b)|\$(?P<cash>{cash})\b|\b(?P<ticker>{alone})\b",
        re.ASCII,  # so that a name is also found between letters of other scripts
    )


def _listed(text: str) -> Iterator[str]:
    """Coins of the list: each name, the longest first, each word before "token" and the like, each ticker that needs no sign."""
    done = 0
    for token in _TOKEN.finditer(text):
        if token.start() < done:
            continue
        pattern = _names_by_first_word().get(token[0].lower())
        found = pattern.match(text, token.start()) if pattern else None
        if found:
            done = found.end()
            yield base_of_name()[(found["name"] or found["word"]).lower()]
        elif token[0] in _alone():
            yield token[0]


@cache
def _names_by_first_word() -> dict[str, re.Pattern[str]]:
    """What to look for where a text has the first word of a name: a pattern for each such word, in lower case."""
    names: dict[str, tuple[list[str], list[str]]] = {}
    for coin in coins():
        for at, group in enumerate((coin.names, coin.words)):
            for name in group:
                names.setdefault(_first_word(name), ([], []))[at].append(name)
    return {first: _pattern(*found) for first, found in names.items()}


def _pattern(names: list[str], words: list[str]) -> re.Pattern[str]:
    shapes = [shape for word in words for shape in (word.title(), word.upper())]
    name, word = ("|".join(map(re.escape, sorted(group, key=len, reverse=True))) or "(?!)" for group in (names, shapes))
    return re.compile(rf"(?P<name>(?i:{name})\b)|(?P<word>{word})(?:'s)? (?i:{_FIRM})\b", re.ASCII)


def _first_word(name: str) -> str:
    found = _TOKEN.match(name)
    return found[0] if found else name


@cache
def _alone() -> frozenset[str]:
    return frozenset(coin.base for coin in coins() if coin.alone)


def _signed(text: str) -> Iterator[str]:
    """What the text writes as a ticker or as the name of a coin, listed or not."""
    for match in _CASH.finditer(text):
        yield match["base"].upper()
    for match in _BRACKETS.finditer(text):
        base = match["base"]
        if base in tickers() or (base not in no_coins("acronym") and not _initials(text[: match.start()], base)):
            yield base
    if text.upper() != text:  # in a shout, everything looks like a ticker
        for pattern in (_PAIR, _TICKER_OF):
            found = (match["base"] for match in pattern.finditer(text) if match["base"] not in no_coins("acronym"))
            yield from (base_of_name().get(base.lower(), base) for base in found)
        yield from _unlisted_names(text)


def _unlisted_names(text: str) -> Iterator[str]:
    """Names before "network" or "token" that are neither on the list nor the last word of a name that is."""
    for match in _NAME_OF.finditer(text):
        name, before = match["name"].lower(), match.string[: match.end("name")].lower()
        if name in no_coins("word") or name.upper() in no_coins("acronym") or name in base_of_name():
            continue
        if not any(before.endswith(known) for known in _ending_in(name)):
            yield match["name"].upper()


@cache
def _ending_in(word: str) -> tuple[str, ...]:
    return tuple(name for name in base_of_name() if name.endswith(f" {word}"))


def _initials(before: str, base: str) -> bool:
    """Whether brackets hold the initials of what stands before them: "Financial Conduct Authority (FCA)"."""
    return "".join(word[0] for word in before.split() if word[0].isupper()).endswith(base)
