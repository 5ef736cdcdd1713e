"""Which account a conversation stays with, so that the vendor's prompt cache stays warm.

A client that names its session is taken at its word. For others the key is a hash of the part of the prompt that every turn
of a conversation repeats: system text, tools, first message of the user. It need not tell all conversations apart: two with
the same key share an account, no more.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final

import msgspec

from isthmus.core.conversation import (
    Block,
    Conversation,
    Document,
    Image,
    InlineData,
    RemoteUrl,
    Role,
    Source,
    Text,
    VendorFile,
)
from isthmus.routing.account import AccountId

MAX_KEY_CHARS: Final = 64
"""A longer key is kept as its hash: clients write them."""
MAX_MEDIA_CHARS: Final = 4096
"""So much of an image or a document, and its length, tells it from others."""
CHANGING_PREFIX: Final = "x-anthropic-billing-header:"
"""Claude Code's first system text differs from request to request (anthropics/claude-code#68900)."""


class Bindings:
    """Keys and their accounts. The key that was not used for longest is forgotten first."""

    __slots__ = ("_accounts",)

    def __init__(self) -> None:
        self._accounts: OrderedDict[str, AccountId] = OrderedDict()

    def __len__(self) -> int:
        return len(self._accounts)

    def find(self, key: str) -> AccountId | None:
        """Using a key is what keeps it."""
        kept = _kept(key)
        account = self._accounts.get(kept)
        if account is not None:
            self._accounts.move_to_end(kept)
        return account

    def bind(self, key: str, account: AccountId, max_keys: int) -> None:
        kept = _kept(key)
        self._accounts[kept] = account
        self._accounts.move_to_end(kept)
        while len(self._accounts) > max_keys:
            self._accounts.popitem(last=False)


def prefix_key(conversation: Conversation) -> str:
    """Of a translated request. A key of this function never equals one of `raw_prefix_key`, nor need it."""
    first = next((turn for turn in conversation.turns if turn.role is Role.USER), None)
    return _hashed(
        [
            *_lasting(block.text for block in conversation.system),
            *(f"t{tool.name}" for tool in conversation.tools),
            *(f"t{server_tool.name}" for server_tool in conversation.server_tools),
            *(f"u{_words(block)}" for block in (first.blocks if first else ())),
        ]
    )


def raw_prefix_key(body: bytes) -> str | None:
    """Of the body of a Messages or a Chat request that goes through as it is; None if it is neither."""
    try:
        request = _REQUEST.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return _hashed(
        [
            *_lasting(_texts(request.system)),
            *(f"t{tool.function.name if tool.function else tool.name}" for tool in request.tools or ()),
            *_leading(request.messages),
        ]
    )


def _leading(messages: Iterable[_Message]) -> Iterator[str]:
    """System messages before the user's first one, and that."""
    for message in messages:
        if message.role == "user":
            yield from (f"u{text}" for text in _texts(message.content))
            return
        if message.role in {"system", "developer"}:
            yield from _lasting(_texts(message.content))


class _Function(msgspec.Struct):
    name: str | None = None


class _Tool(msgspec.Struct):
    name: str | None = None
    function: _Function | None = None


class _Part(msgspec.Struct):
    """A part of a message without what may differ between turns, such as `cache_control`."""

    type: str | None = None
    text: str | None = None
    source: msgspec.Raw = msgspec.Raw()
    image_url: msgspec.Raw = msgspec.Raw()
    content: msgspec.Raw = msgspec.Raw()


class _Message(msgspec.Struct):
    role: str | None = None
    content: str | list[_Part] | None = None


class _Request(msgspec.Struct):
    messages: list[_Message]
    system: str | list[_Part] | None = None
    tools: list[_Tool] | None = None


_REQUEST: Final = msgspec.json.Decoder(_Request)


def _lasting(system: Iterable[str]) -> Iterator[str]:
    return (f"s{text}" for text in system if not text.startswith(CHANGING_PREFIX))


def _texts(content: str | list[_Part] | None) -> Iterable[str]:
    """A string and a list of one text part say the same."""
    match content:
        case None:
            return ()
        case str():
            return (content,)
        case _:
            return [_text(part) for part in content]


def _text(part: _Part) -> str:
    if part.text is not None:
        return part.text
    media = bytes(part.source or part.image_url or part.content).decode("utf-8", "replace")
    return f"{part.type}{_shortened(media)}"


def _words(block: Block) -> str:
    match block:
        case Text(text):
            return text
        case Image(source) | Document(source):
            return _shortened(_address(source))
        case _:
            return type(block).__name__


def _address(source: Source) -> str:
    match source:
        case InlineData(_, base64):
            return base64
        case RemoteUrl(url):
            return url
        case VendorFile(file_id):
            return file_id


def _shortened(text: str) -> str:
    return f"{len(text)} {text[:MAX_MEDIA_CHARS]}"


def _kept(key: str) -> str:
    return key if len(key) <= MAX_KEY_CHARS else _hashed([key])


def _hashed(texts: Iterable[str]) -> str:
    digest = blake2b(digest_size=16)
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8))
        digest.update(data)
    return digest.hexdigest()
