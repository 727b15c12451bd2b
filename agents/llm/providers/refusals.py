"""What a server refuses by name: learnt from its error, left out of the next request, and never sent again.

A parameter is learnt only if the server's error names it (in its `param` field, or in words) and says that it is not taken. An
error about its size is no refusal: a limit that is too large for a model says nothing about the parameter. The request is sent
again at once, within the same deadline: such an error comes before any work, and is not billed.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable

from agents.llm.attempt import AttemptOutcome, Completion, ProviderFault
from agents.llm.providers.learnt import Learnt
from config.sections.minds import Effort, Reply

_MOST = 6
"""The most parameters that are learnt in one call."""
_MAX_SAID = 160
_REFUSING = re.compile(
    r"un-?supported|not support|n't support|unknown|unrecogni[sz]ed|unexpected|extra (?:input|field|param)|not permitted|"
    r"not allowed|not available|unavailable|not implemented|not enabled|disabled|invalid|must be|should be|only .{0,80}"
    r"(?:supported|allowed|accepted)|failed to|deprecated|no longer|refus|cannot|can't|not accept|not recogni[sz]ed|not valid",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"less than|at most|at least|greater|too (?:large|long|many|high|big|small|low)|maximum|exceed|context length|between",
    re.IGNORECASE,
)
_NAMED = {
    "thinking": re.compile(r"\bthinking\b", re.IGNORECASE),
    "effort": re.compile(r"effort", re.IGNORECASE),
    "temperature": re.compile(r"temperature", re.IGNORECASE),
    "seed": re.compile(r"\bseed\b", re.IGNORECASE),
    "prompt_cache_key": re.compile(r"prompt_cache_key", re.IGNORECASE),
    "cache_control": re.compile(r"cache_control", re.IGNORECASE),
    "max_completion_tokens": re.compile(r"max_completion_tokens", re.IGNORECASE),
    "max_tokens": re.compile(r"\bmax_tokens\b", re.IGNORECASE),
    "json": re.compile(
        r"response[_ ]format|json[_ ]?(?:schema|object|mode)|structured[_ ]output|guided[_ ]|grammar|output_config|output_format",
        re.IGNORECASE,
    ),
}
"""How an error names what it refuses. `json` stands for the way in which JSON was asked for."""
_ASKING: tuple[Reply, ...] = ("json_schema", "json_object", "fenced")
_SAYS_SO = (AttemptOutcome.BAD_REQUEST, AttemptOutcome.NONSENSE, AttemptOutcome.SERVER_ERROR)


def effort_name(effort: Effort) -> str:
    """The name under which one effort is learnt: a server may take another one."""
    return f"effort {effort}"


def reply_taken(most: Reply, refused: Callable[[str], bool]) -> Reply:
    """The best way to ask for JSON that is not known to be refused; in words as the last."""
    left = (way for way in _ASKING[_ASKING.index(most) :] if not refused(way))
    return next(left, "fenced")


def refused_by(fault: ProviderFault, sent: tuple[str, ...]) -> str | None:
    """Which of the `sent` parameters a server refuses with this error; None for any other error.

    `sent` holds the names of this module, `effort high` and `json_schema` among them.
    """
    if fault.outcome not in _SAYS_SO or not _REFUSING.search(fault.detail):
        return None
    said = fault.parameter or fault.detail
    for name in sorted(sent, key=_order):
        key = _key(name)
        if name == "fenced" or not _NAMED[key].search(said):
            continue
        if key.startswith("max_") and _SIZE.search(fault.detail):
            continue
        return name
    return None


async def sent_as_taken(
    learnt: Learnt,
    provider: str,
    sent: Callable[[], tuple[str, ...]],
    once: Callable[[float], Awaitable[Completion]],
    timeout_s: float,
) -> Completion:
    """Send a request until the server takes it, each time without what it has refused; back within `timeout_s`.

    `sent` names the parameters that the next request has, `once` sends it within a time [s]. Raises ProviderFault.
    """
    loop = asyncio.get_running_loop()
    ends = loop.time() + timeout_s
    for _ in range(_MOST):
        names = sent()
        try:
            return await once(ends - loop.time())
        except ProviderFault as fault:
            refused = refused_by(fault, names)
            if refused is None or loop.time() >= ends:
                raise
            learnt.refuse(provider, refused, fault.detail[:_MAX_SAID])
    return await once(ends - loop.time())


def _key(name: str) -> str:
    if name in _ASKING:
        return "json"
    return "effort" if name.startswith("effort ") else name


def _order(name: str) -> int:
    return tuple(_NAMED).index(_key(name))
