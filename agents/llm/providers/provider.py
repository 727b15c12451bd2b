"""The protocol of a provider. One contract suite in tests/ runs on each adapter, against a loopback server."""

from typing import Protocol

from agents.llm.attempt import Completion, Request


class Provider(Protocol):
    """One model behind one API. `name` is its name in the profile, `model` the provider's name of the model."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...

    async def complete(self, request: Request, timeout_s: float) -> Completion:
        """Send one request, once: without retries, and return within `timeout_s` whatever the network does.

        The text of the reply is returned unchanged. Raises ProviderFault, with an outcome of the closed set, for
        anything that is not a completion; any other exception is a defect.
        """
        ...

    async def close(self) -> None:
        """Close connections and end child processes."""
        ...
