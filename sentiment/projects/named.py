"""Finds a project that a headline is about and that no list knows: "Zyrex hacked", "$4M stolen from Zyrex", "Zyrex launches".

Its news is not the whole market's. A name counts only where the grammar of a headline shows that it is a project. The names of
exchanges, lenders, issuers, authorities and countries never do, because their news concerns everybody; nor does what stands after
the whole market ("Crypto market falls after Zyrex hack"). A text that shows no name is left to the whole market.
"""

import re
from collections.abc import Iterator, Sequence

from sentiment.coins import base_of_name, no_coins
from sentiment.projects.grammar import DOES, EVERYBODYS, HARM, HARM_TO, KINDS, PARTS, WHOLE

_LONGEST = 4
"""Words of a name at most."""
_OPENING = 3
"""Ordinary words at most before a name with which a headline begins."""
_WORD = re.compile(r"[A-Za-z0-9][\w.&]*(?:-[\w.]+)*(?<!\.)", re.ASCII)
_ENDINGS = re.compile(
    r".*(?:tion|sion|ment|ness|ing|ity|ism|ists?|ance|ence|ful|ous|able|ible|ical|ally|ese|ians?|ship|hood|ware|ers|ors|ies|ions|ments"
    r"|ed|ly|ive|ary|day)"
)
"""How ordinary English words end. A name that ends so needs a capital inside."""
_CAMEL = re.compile(r"\w*[a-z][A-Z]\w*|[A-Z]{2,}[a-z]\w*", re.ASCII)
_APART = re.compile(r"(?:'s?)?(?:, [^,]{1,60},)? ")
_TITLE = 0.6
"""Share of long words in capitals from which a text is written as titles are, with capitals for every word."""
_Words = Sequence[re.Match[str]]


def projects_in(text: str) -> tuple[str, ...]:
    """The unlisted project that a plain text is about, in capitals; empty when it shows none."""
    words = list(_WORD.finditer(text))
    whole = WHOLE.search(text)
    end = len(text) if whole is None else whole.start()
    for name in _names(text, words):
        if name[0].start() < end and _shown(text, words, name):
            own = " ".join(word[0] for word in name)
            return (base_of_name().get(own.lower(), own.upper()),)
    return ()


def _names(text: str, words: _Words) -> Iterator[list[re.Match[str]]]:
    """Words in a row that may be a name, but not beside a word that concerns everybody. A text in one case has only its first."""
    plain_case = text in (text.lower(), text.upper())
    name: list[re.Match[str]] = []
    stained = False
    for word in words[:1] if plain_case else words:
        beside = bool(name) and text[name[-1].end() : word.start()] == " "
        if _may_be_one(word[0], plain_case) and (beside or not name):
            stained = stained if name else _concerns_all(text[: word.start()])
            name.append(word)
            continue
        if name and not (stained or (beside and _is_everybodys(word[0]))):
            yield name
        name, stained = [], False
        if _may_be_one(word[0], plain_case):
            name, stained = [word], _concerns_all(text[: word.start()])
    if name and not stained:
        yield name


def _may_be_one(word: str, plain_case: bool) -> bool:
    """Whether a word is written as a name is, and is neither an ordinary word nor the name of something that is no project."""
    known = word.lower()
    if not word[0].isalpha() or known in no_coins("mover") or _is_acronym(word.upper()):
        return False
    if _CAMEL.fullmatch(word):
        return True
    if not (plain_case or word[0].isupper()):
        return False
    return not _ENDINGS.fullmatch(known) and not _is_ordinary(known)


def _is_ordinary(word: str) -> bool:
    """Whether a word in lower case is one of everyday language, or one by which a headline shows a project."""
    in_everyday_use = not no_coins("word").isdisjoint((word, word.removesuffix("s")))
    return in_everyday_use or any(pattern.fullmatch(word) for pattern in (HARM, DOES, PARTS))


def _is_acronym(word: str) -> bool:
    """Whether a word in capitals, or that of which it is the plural, is a term of the field, a stablecoin or money."""
    return not no_coins("acronym", "stable", "money").isdisjoint((word, word.removesuffix("S")))


def _concerns_all(before: str) -> bool:
    """Whether the word before a name makes it one whose news is everybody's, or a person's."""
    last = _WORD.findall(before[-40:])[-1:]
    beside = before.endswith(" ") and bool(last)
    return beside and _is_everybodys(last[0])


def _is_everybodys(word: str) -> bool:
    return word.lower() in no_coins("mover") or EVERYBODYS.fullmatch(word) is not None


def _shown(text: str, words: _Words, name: _Words) -> bool:
    """Whether the text around a name shows that it is a project's."""
    before, rest = text[: name[0].start()], text[name[-1].end() :]
    after = _APART.sub("", rest, count=1) if _APART.match(rest) else rest.lstrip(",")
    if len(name) > _LONGEST:
        return False
    if HARM.match(after) or PARTS.match(after) or HARM_TO.search(before):
        return True
    opens, kind = _opens(words, name[0]), KINDS.search(before) is not None
    if opens or kind:
        return bool(DOES.match(after)) or (kind and not _is_title(words)) or (len(name) == 1 and rest.startswith(":"))
    return False


def _opens(words: _Words, first: re.Match[str]) -> bool:
    """Whether a headline begins with a name, but for a few ordinary words ("Breaking:", "Why", "Privacy coin")."""
    before = words[: words.index(first)]
    return len(before) <= _OPENING and all(_is_ordinary(word[0].lower()) for word in before)


def _is_title(words: _Words) -> bool:
    long = [word[0] for word in words if len(word[0]) > 3]
    return sum(word[0].isupper() for word in long) > _TITLE * len(long)
