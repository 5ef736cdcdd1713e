"""Images given by address, fetched for upstreams that fetch nothing themselves."""

from __future__ import annotations

import base64
from collections.abc import Generator, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from isthmus.core.commands import Fetch, Fetched
from isthmus.core.conversation import Block, Conversation, Image, InlineData, RemoteUrl, ToolResult, Turn
from isthmus.core.errors import BadRequest
from isthmus.wire.data_uri import sniff_image

FIELD = "messages.content.image"


def needs_inlining(conversation: Conversation) -> bool:
    return next(_urls(conversation), None) is not None


def inline(conversation: Conversation) -> Generator[Fetch, Fetched, Conversation]:
    """The conversation with every image inside, each address fetched once. Raises `BadRequest` for what is no image."""
    images: dict[str, InlineData] = {}
    for url in _urls(conversation):
        if url not in images:
            images[url] = _image(url, (yield Fetch(url, FIELD)))
    turns = tuple(
        Turn(turn.role, tuple(_inlined(block, images) for block in turn.blocks))
        for turn in conversation.turns
    )
    return replace(conversation, turns=turns)


def _urls(conversation: Conversation) -> Iterator[str]:
    for turn in conversation.turns:
        for block in turn.blocks:
            for part in block.parts if isinstance(block, ToolResult) else (block,):
                if isinstance(part, Image) and isinstance(part.source, RemoteUrl):
                    yield part.source.url


def _image(url: str, fetched: Fetched) -> InlineData:
    text = base64.b64encode(fetched.body).decode()
    media_type = sniff_image(text)
    if media_type is None:
        raise BadRequest(f"the file{_at_host(url)} is not a JPEG, PNG, GIF or WebP image", field=FIELD)
    return InlineData(media_type, text)


def _at_host(url: str) -> str:
    """No more of the address than its host: a signed one is a secret, and errors are logged."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    return f" at {host}" if host else ""


def _inlined(block: Block, images: dict[str, InlineData]) -> Block:
    match block:
        case Image(RemoteUrl(url)):
            return replace(block, source=images[url])
        case ToolResult(_, parts):
            fetched = tuple(
                replace(part, source=images[part.source.url])
                if isinstance(part, Image) and isinstance(part.source, RemoteUrl)
                else part
                for part in parts
            )
            return replace(block, parts=fetched)
        case _:
            return block
