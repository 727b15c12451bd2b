"""How servers of models differ: one that thinks, one that refuses a parameter, one without usage. Each answers for
`ModelServer`."""

import json
from collections.abc import Callable
from typing import Any

from model_replies import SOUND, Filler, asked, body, error
from model_server import Raw, Seen

Habit = Callable[[Seen], Raw]
THOUGHT = "The volume is thin and the trend is old. "
BYTES_A_TOKEN = 4


def answer_of(seen: Seen) -> str:
    """An answer that follows the schema of the request, wherever that stands."""
    _, schema, prompt = asked(seen.path, seen.request)
    return json.dumps(Filler(schema, prompt, SOUND).answer())


def limit_of(request: dict[str, Any]) -> int:
    """The longest answer that the request allows [tokens]."""
    return int(request.get("max_tokens") or request["max_completion_tokens"])


def plain(seen: Seen, text: str, stop: str = "end") -> dict[str, Any]:
    return body(seen.path, text, stop, seen.prompt_bytes)


def raw(reply: dict[str, Any], status: int = 200) -> Raw:
    return Raw(status, json.dumps(reply).encode())


def thinker(tokens: int = 900, where: str = "beside") -> Habit:
    """A model that thinks for so many tokens first, inside the limit of the answer, and is cut off there.

    `where`: its thought stands `beside` the answer, or before it in `text`, as behind a server without a parser; `untold`, it is
    only counted.
    """
    thought = (THOUGHT * (tokens * BYTES_A_TOKEN // len(THOUGHT) + 1))[: tokens * BYTES_A_TOKEN]

    def think(seen: Seen) -> Raw:
        text, limit = answer_of(seen), limit_of(seen.request)
        spent = tokens + len(text) // BYTES_A_TOKEN + 1
        whole = spent <= limit
        said = thought if whole else thought[: limit * BYTES_A_TOKEN]
        if where == "text":
            text = f"<think>\n{said}\n</think>\n\n{text}" if whole else f"<think>\n{said}"
        reply = plain(seen, text if whole or where == "text" else "", "end" if whole else "length")
        if seen.path.endswith("/messages"):
            reply["usage"]["output_tokens"] = min(spent, limit)
            if where == "beside":
                reply["content"].insert(0, {"type": "thinking", "thinking": said, "signature": "c2ln"})
        else:
            reply["usage"]["completion_tokens"] = min(spent, limit)
            if where == "beside":
                reply["choices"][0]["message"]["reasoning_content"] = said
        return raw(reply)

    return think


def refusing(*parameters: str, message: str = "Unsupported parameter: '{}' is not supported with this model.") -> Habit:
    """A server that refuses each of these parameters by name, and answers without them."""

    def refuse(seen: Seen) -> Raw:
        kind = seen.request.get("response_format", {}).get("type")
        sent = {*seen.request, *([kind] if kind else []), *seen.request.get("output_config", {})}
        for name in parameters:
            if name in sent:
                return raw(error(seen.path, 400, "invalid_request_error", message.format(name)), 400)
        return raw(plain(seen, answer_of(seen)))

    return refuse


def without_usage(seen: Seen) -> Raw:
    """A sound answer that does not say what it has cost."""
    reply = plain(seen, answer_of(seen))
    del reply["usage"]
    return raw(reply)


def wrapped(seen: Seen) -> Raw:
    """An answer in a fence, with prose around it."""
    return raw(plain(seen, f"Here is my opinion:\n\n```json\n{answer_of(seen)}\n```\n\nLet me know what you think."))
