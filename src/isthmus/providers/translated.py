"""What all providers are alike in that speak no client's dialect: every request to them is translated."""

from __future__ import annotations

from isthmus.core.commands import ClientRequest, Exchange
from isthmus.core.errors import BadRequest, Kind
from isthmus.core.interfaces import Target


class Translated:
    """The part of a `core.interfaces.Provider` for which nobody upstream is asked."""

    name: str
    native: frozenset[str] = frozenset()

    def forward(self, request: ClientRequest, target: Target) -> Exchange:
        """Raises `BadRequest`: there is no raw lane."""
        raise BadRequest(
            f"provider {self.name!r} has no {request.path}: it answers /v1/messages and /v1/chat/completions",
            kind=Kind.NOT_SUPPORTED,
            should_retry=False,
        )

    def pass_through(self, request: ClientRequest) -> None:
        """No endpoint of a vendor's own."""
        return

    def count_tokens(self, request: ClientRequest, target: Target) -> None:
        """Nobody counts in advance: the gateway estimates."""
        return
