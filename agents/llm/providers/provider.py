"""What a provider can do. One contract suite in tests/ runs on each adapter, against a loopback server."""

from typing import Protocol

from agents.llm.attempt import Completion, Request


class Provider(Protocol):
    """One model behind one API. `name` is the profile's name for it, `model` the provider's name of the model."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...

    async def complete(self, request: Request, timeout_s: float) -> Completion:
        """Send one request, once: no retries of its own, and back within `timeout_s` whatever the network does.

        The reply's text is handed on untouched. Raises ProviderFault, with its outcome from the closed set, for whatever is
        not a completion; anything else that escapes is a defect.
        """
        ...

    async def close(self) -> None:
        """Let go of connections and child processes."""
        ...
