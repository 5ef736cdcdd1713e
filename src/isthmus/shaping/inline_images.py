"""Images and documents given by address, fetched for upstreams that do not fetch them themselves."""

from __future__ import annotations

import base64
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from isthmus.core.abilities import Abilities
from isthmus.core.commands import Fetch, Fetched
from isthmus.core.conversation import (
    Block,
    Conversation,
    Document,
    Image,
    InlineData,
    RemoteUrl,
    ResultPart,
    ToolResult,
    Turn,
)
from isthmus.core.errors import BadRequest
from isthmus.wire.data_uri import sniff_image, sniff_media_type
from isthmus.wire.local_path import is_local

IMAGE_FIELD: Final = "messages.content.image"
DOCUMENT_FIELD: Final = "messages.content.document"
MAX_FILES: Final = 20
"""Addresses fetched for one request: each costs time and memory here, not at the client's."""
_PDF: Final = "application/pdf"

Far = Image | Document
"""One whose source is a `RemoteUrl`."""


def needs_inlining(conversation: Conversation, able: Abilities) -> bool:
    return next(_far_ones(conversation, able), None) is not None


def inline(conversation: Conversation, able: Abilities) -> Generator[Fetch, Fetched, Conversation]:
    """The conversation with every such file inside, each address fetched once.

    Raises `BadRequest` for what is neither image nor PDF, and for more addresses than `MAX_FILES`.
    """
    files: dict[Far, InlineData] = {}
    fetched: dict[str, Fetched] = {}
    for each, url in _far_ones(conversation, able):
        if url not in fetched:
            field = IMAGE_FIELD if isinstance(each, Image) else DOCUMENT_FIELD
            if len(fetched) == MAX_FILES:
                raise BadRequest(
                    f"more than {MAX_FILES} files are given by address, and the gateway would have to fetch them all: "
                    "send some of them inside the request",
                    field=field,
                )
            fetched[url] = yield Fetch(url, field)
        files[each] = _image(url, fetched[url]) if isinstance(each, Image) else _pdf(url, fetched[url])
    turns = tuple(
        Turn(turn.role, tuple(_inlined(block, files) for block in turn.blocks)) for turn in conversation.turns
    )
    return replace(conversation, turns=turns)


def _far_ones(conversation: Conversation, able: Abilities) -> Iterator[tuple[Far, str]]:
    for turn in conversation.turns:
        for block in turn.blocks:
            for part in block.parts if isinstance(block, ToolResult) else (block,):
                if isinstance(part, Image | Document) and isinstance(part.source, RemoteUrl):
                    if not _fetches(part, part.source.url, able):
                        yield part, part.source.url


def _fetches(part: Far, url: str, able: Abilities) -> bool:
    """Whether the upstream does. No upstream has a file of this machine, nor should it hear its name."""
    if is_local(url):
        return False
    return able.fetches_urls if isinstance(part, Image) else able.fetches_documents


def _image(url: str, fetched: Fetched) -> InlineData:
    text = base64.b64encode(fetched.body).decode()
    media_type = sniff_image(text)
    if media_type is None:
        raise BadRequest(f"the file{_at_host(url)} is not a JPEG, PNG, GIF or WebP image", field=IMAGE_FIELD)
    return InlineData(media_type, text)


def _pdf(url: str, fetched: Fetched) -> InlineData:
    if sniff_media_type(fetched.body) != _PDF:
        raise BadRequest(f"the file{_at_host(url)} is not a PDF document", field=DOCUMENT_FIELD)
    return InlineData(_PDF, base64.b64encode(fetched.body).decode())


def _at_host(url: str) -> str:
    """No more of the address than its host: a signed one is a secret, and errors are logged."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    return f" at {host}" if host else ""


def _inlined(block: Block, files: dict[Far, InlineData]) -> Block:
    if isinstance(block, ToolResult):
        return replace(block, parts=tuple(_part(part, files) for part in block.parts))
    return _near(block, files) if isinstance(block, Image | Document) else block


def _part(part: ResultPart, files: dict[Far, InlineData]) -> ResultPart:
    return _near(part, files) if isinstance(part, Image | Document) else part


def _near(part: Far, files: dict[Far, InlineData]) -> Far:
    if isinstance(part.source, RemoteUrl) and (source := files.get(part)) is not None:
        return replace(part, source=source)
    return part
