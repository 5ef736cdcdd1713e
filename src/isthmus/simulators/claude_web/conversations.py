"""What was said: each conversation a tree of messages, whose leaves are where it can go on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from isthmus.simulators.claude_web.refusals import Json, Refusal, invalid, not_found

ROOT: Final = "00000000-0000-4000-8000-000000000000"
"""The parent of a first message."""
KEPT: Final = 500
"""Conversations of an account; the oldest go first."""
KEPT_CHARACTERS: Final = 64 << 20
LONGEST: Final = 1000
"""Messages of one conversation."""


@dataclass(slots=True)
class Message:
    uuid: str
    parent: str
    sender: str
    """`human` or `assistant`."""
    text: str
    created_at: str
    attachments: tuple[Json, ...] = ()
    files: tuple[Json, ...] = ()
    stop_reason: str | None = None

    @property
    def characters(self) -> int:
        return len(self.text) + sum(len(each["extracted_content"]) for each in self.attachments)

    def shown(self, index: int) -> Json:
        return {
            "uuid": self.uuid,
            "text": self.text,
            "content": [{"type": "text", "text": self.text, "citations": []}],
            "sender": self.sender,
            "index": index,
            "created_at": self.created_at,
            "updated_at": self.created_at,
            "parent_message_uuid": self.parent,
            "attachments": list(self.attachments),
            "files": list(self.files),
            "stop_reason": self.stop_reason,
        }


@dataclass(slots=True)
class Conversation:
    uuid: str
    org: str
    name: str
    created_at: str
    model: str | None = None
    is_temporary: bool = False
    settings: Json = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    leaf: str | None = None
    characters: int = 0

    def shown(self) -> Json:
        """As create, list and read begin."""
        return {
            "uuid": self.uuid,
            "name": self.name,
            "summary": "",
            "model": self.model,
            "created_at": self.created_at,
            "updated_at": self.created_at,
            "settings": self.settings,
            "is_starred": False,
            "is_temporary": self.is_temporary,
            "project_uuid": None,
            "current_leaf_message_uuid": self.leaf,
        }

    def tree(self, *, whole: bool) -> Json:
        """With its messages: all of them, or those that lead to the current leaf."""
        said = list(self.messages.values()) if whole else list(self.path(self.leaf or ROOT))
        return self.shown() | {"chat_messages": [each.shown(at) for at, each in enumerate(said)]}

    def parent_for(self, named: str | None) -> str:
        """Where the next message goes: raises `Refusal` for a parent that is not here, or not an answer, and when it is full."""
        if len(self.messages) >= LONGEST:
            raise invalid(f"conversation: {LONGEST} messages are as many as it takes")
        if named is None:
            return self.leaf or ROOT
        if named != ROOT and (named not in self.messages or self.messages[named].sender != "assistant"):
            raise invalid("parent_message_uuid: no answer of this conversation has this uuid")
        return named

    def path(self, to: str) -> Iterator[Message]:
        """From the first message to this one."""
        found: list[Message] = []
        while to in self.messages:
            found.append(self.messages[to])
            to = self.messages[to].parent
        yield from reversed(found)

    def add(self, message: Message) -> None:
        if message.uuid in self.messages:
            raise Refusal(409, "invalid_request_error", f"message {message.uuid} already exists")
        self.messages[message.uuid] = message
        self.characters += message.characters
        self.leaf = message.uuid


class Conversations:
    """Of one account, by organization and UUID."""

    def __init__(self, kept: int = KEPT, kept_characters: int = KEPT_CHARACTERS) -> None:
        self._kept, self._kept_characters = kept, kept_characters
        self._all: OrderedDict[tuple[str, str], Conversation] = OrderedDict()

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Conversation]:
        return iter(self._all.values())

    def add(self, conversation: Conversation) -> None:
        """Raises `Refusal` when there is one of this UUID, in whatever organization."""
        if any(each.uuid == conversation.uuid for each in self):
            raise Refusal(409, "invalid_request_error", f"conversation {conversation.uuid} already exists")
        self._all[conversation.org, conversation.uuid] = conversation
        while len(self._all) > 1 and self._too_much():
            self._all.popitem(last=False)

    def _too_much(self) -> bool:
        return len(self._all) > self._kept or sum(each.characters for each in self) > self._kept_characters

    def get(self, org: str, uuid: str) -> Conversation:
        found = self._all.get((org, uuid))
        if found is None:
            raise not_found("Conversation")
        return found

    def find(self, org: str, uuid: str) -> Conversation | None:
        return self._all.get((org, uuid))

    def delete(self, org: str, uuid: str) -> None:
        self.get(org, uuid)
        del self._all[org, uuid]

    def listed(self, org: str) -> list[Json]:
        """Newest first; temporary ones are not shown."""
        mine = [each for each in self if each.org == org and not each.is_temporary]
        return [each.shown() for each in reversed(mine)]
