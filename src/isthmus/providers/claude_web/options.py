"""What is configured of claude.ai, for a provider and for each of its accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """Defaults of a provider."""

    base_url: str = "https://claude.ai"
    temporary: bool = True
    """Conversations are made as temporary ones, which claude.ai keeps out of the list."""
    chat_delete: bool = True
    """Conversations are deleted once their answer is complete."""
    keep_conversations: bool = False
    """A client's session goes on in one conversation, by `parent_message_uuid`; only its newest turn is sent."""
    conversation_idle_s: int = 1800
    """How long a conversation that is kept may rest before it is begun anew."""
    no_role_prefix: bool = False
    """Messages are told without `Human: ` and its like in front."""
    prompt_disable_artifacts: bool = False
    max_chat_history_length: int = 10000
    """Characters of a prompt. A longer one goes up as a text file."""
    thinking_output: str = "native"
    """`native`, `think_tags` or `drop`."""
    thinking_api: str = "request"
    """`request` or `conversation`: where the wish to think is said."""
    upload_api: str = "org"
    """`org` or `conversation`: which of the two addresses takes files."""
    web_search: bool = False
    """claude.ai's own search is offered to the model, except beside tools of the client."""
    send_origin: bool = False
    timezone: str = "Etc/UTC"
    locale: str = "en-US"
    max_files: int = 20
    max_file_mb: int = 10

    def of(self, details: Mapping[str, Any]) -> Options:
        """With what one account says itself. What is not of the right type is passed over."""
        own = {
            each.name: details[each.name]
            for each in fields(self)
            if type(details.get(each.name)) is type(getattr(self, each.name))
        }
        return replace(self, **own)
