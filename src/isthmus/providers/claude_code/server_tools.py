"""Tools that Anthropic's API would run itself. Here they would be told to the CLI as tools of the client, who has none of them."""

from __future__ import annotations

from dataclasses import replace

from isthmus.core.conversation import Conversation
from isthmus.core.errors import BadRequest
from isthmus.core.losses import Action, Loss


def without_server_tools(conversation: Conversation) -> tuple[Conversation, tuple[Loss, ...]]:
    """Raises `BadRequest` where one of them must be called."""
    forced = conversation.tool_choice.name if conversation.tool_choice is not None else None
    for tool in conversation.server_tools:
        if tool.name == forced:
            raise BadRequest(
                f"tool_choice: Claude Code runs no tool {tool.kind!r} for its clients",
                field="tool_choice.name",
            )
    losses = (
        Loss(f"tools.{tool.kind}", Action.DROPPED, "Claude Code runs none for its clients")
        for tool in conversation.server_tools
    )
    return replace(conversation, server_tools=()), tuple(losses)
