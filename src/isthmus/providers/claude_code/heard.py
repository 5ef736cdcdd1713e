"""A conversation by name: a digest of all that was said in it. A kept process goes by the name of what it has heard, so one found
by name has heard nothing else, whatever the client has changed in what it sends.

Thoughts do not count, since many clients do not send them back; nor does how the model's words are cut into blocks, nor white space.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from isthmus.providers.claude_code.request import Dealt, Message

_ANY: Final = msgspec.json.Decoder()
_TEXT: Final = msgspec.json.Decoder(str)


def heard(dealt: Dealt, messages: Iterable[Message], answer: str | None = None, *, of: str = "") -> str:
    """Of these messages under this request's system prompt, tools and settings, with the `answer` that followed, if one did. `of`
    tells whose process it was."""
    digest = hashlib.sha256(of.encode())
    _add(digest, msgspec.json.encode([dealt.settings, dealt.system, dealt.tools], order="sorted"))
    for message in messages:
        if message.role == "user":
            _add(digest, _canonical(message))
        else:
            _add(digest, _spoken(message))
    if answer is not None:
        _add(digest, _squeezed(answer))
    return digest.hexdigest()


def _add(digest: hashlib._Hash, part: bytes) -> None:
    digest.update(len(part).to_bytes(8))
    digest.update(part)


def _canonical(message: Message) -> bytes:
    blocks = [{name: _ANY.decode(value) for name, value in block.items()} for block in message.content]
    return msgspec.json.encode(blocks, order="sorted")


def _spoken(message: Message) -> bytes:
    """The text alone, where there is nothing but text and thoughts."""
    kinds = {_TEXT.decode(block["type"]) for block in message.content}
    if not kinds <= {"text", "thinking", "redacted_thinking"}:
        return b"calls" + _canonical(message)
    return _squeezed("".join(_TEXT.decode(block["text"]) for block in message.content if "text" in block))


def _squeezed(text: str) -> bytes:
    return b"text" + "".join(text.split()).encode("utf-8", "replace")
