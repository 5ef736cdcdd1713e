"""The raw lane: what the client wrote reaches the API byte for byte, save for the model's name and foreign thoughts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from isthmus.core import thought_tag
from isthmus.core.commands import Headers
from isthmus.core.errors import BadRequest
from isthmus.core.losses import Action, Loss
from isthmus.core.secret import Secret
from isthmus.wire.json_splice import SpliceError, replace_top_level_string, set_top_level_raw

OLD_VERSION: Final = "2023-06-01"
NEW_VERSION: Final = "2026-10-21"
OAUTH_PREFIX: Final = "sk-ant-oat"
OAUTH_BETA: Final = "oauth-2025-04-20"
_FORWARDED: Final = frozenset(
    ("accept", "anthropic-beta", "anthropic-version", "content-type", "user-agent", "x-app")
)
_FORWARDED_PREFIXES: Final = ("x-stainless-", "x-claude-code-")
_TAG: Final = thought_tag.PREFIX.encode()
_OUTERMOST: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_MESSAGES: Final = msgspec.json.Decoder(list[msgspec.Raw])


class _Thought(msgspec.Struct):
    type: str | None = None
    signature: Any = None
    data: Any = None


_THOUGHT: Final = msgspec.json.Decoder(_Thought)


def api_root(base_url: str) -> str:
    """The address in front of `/v1`, whether it was given with or without that."""
    return base_url.rstrip("/").removesuffix("/v1").rstrip("/")


def outgoing_body(body: bytes, asked: str, wanted: str) -> tuple[bytes, tuple[Loss, ...]]:
    """Raises `BadRequest` when the body cannot be changed where it has to be."""
    try:
        losses: tuple[Loss, ...] = ()
        if _TAG in body:
            body, dropped = without_foreign_thoughts(body)
            if dropped:
                losses = (Loss("messages.thinking", Action.DROPPED, "thoughts of another vendor's model"),)
        return (body if asked == wanted else replace_top_level_string(body, "model", wanted)), losses
    except SpliceError as error:
        raise BadRequest(f"The request body cannot be forwarded: {error}") from None


def without_foreign_thoughts(body: bytes) -> tuple[bytes, int]:
    """The body without thinking blocks that carry the gateway's tag, and how many those were.

    A signature that is not the API's own is refused with 400. Every message without such a block keeps its bytes.
    """
    try:
        messages = _MESSAGES.decode(_OUTERMOST.decode(body)["messages"])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
        return body, 0
    kept: list[bytes] = []
    dropped = 0
    for message in messages:
        text = bytes(message)
        if _TAG in text:
            text, count = _cleaned(text)
            dropped += count
        if text:
            kept.append(text)
    if not dropped:
        return body, 0
    return set_top_level_raw(body, "messages", b"[" + b",".join(kept) + b"]"), dropped


def _cleaned(message: bytes) -> tuple[bytes, int]:
    """The message without tagged blocks; nothing at all when it held only those, as an empty one is refused."""
    try:
        fields = _OUTERMOST.decode(message)
        blocks = _MESSAGES.decode(fields["content"])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
        return message, 0
    kept = [block for block in blocks if not _is_foreign(block)]
    if len(kept) == len(blocks):
        return message, 0
    content = b"[" + b",".join(map(bytes, kept)) + b"]"
    whole = set_top_level_raw(message, "content", content) if kept else b""
    return whole, len(blocks) - len(kept)


def _is_foreign(block: msgspec.Raw) -> bool:
    try:
        thought = _THOUGHT.decode(block)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    seal = {"thinking": thought.signature, "redacted_thinking": thought.data}.get(thought.type or "")
    return isinstance(seal, str) and seal.startswith(thought_tag.PREFIX)


def credential(api_key: Secret) -> Headers:
    """As the API wants it: OAuth tokens as Bearer, keys under a header of their own, nothing when there is none."""
    key = api_key.reveal()
    if not key:
        return ()
    if key.startswith(OAUTH_PREFIX):
        return (("authorization", f"Bearer {key}"),)
    return (("x-api-key", key),)


def forwarded_headers(client: Mapping[str, str], api_key: Secret, extra: Mapping[str, Secret]) -> Headers:
    """The client's own headers as far as the API should see them, the gateway's credential, and the operator's additions."""
    headers = {
        name: value
        for name, value in client.items()
        if name in _FORWARDED or name.startswith(_FORWARDED_PREFIXES)
    }
    headers.setdefault("anthropic-version", OLD_VERSION)
    headers.setdefault("content-type", "application/json")
    return _completed(headers, api_key, extra)


def own_headers(version: str, api_key: Secret, extra: Mapping[str, Secret], accept: str) -> Headers:
    """Those of a request that the gateway itself wrote."""
    headers = {"content-type": "application/json", "accept": accept, "anthropic-version": version}
    return _completed(headers, api_key, extra)


def _completed(headers: dict[str, str], api_key: Secret, extra: Mapping[str, Secret]) -> Headers:
    if api_key.reveal().startswith(OAUTH_PREFIX):
        headers["anthropic-beta"] = _with_beta(headers.get("anthropic-beta", ""), OAUTH_BETA)
    headers |= dict(credential(api_key))
    headers |= {name.lower(): value.reveal() for name, value in extra.items()}
    return tuple(headers.items())


def _with_beta(betas: str, needed: str) -> str:
    known = [each.strip() for each in betas.split(",") if each.strip()]
    return ",".join(known if needed in known else [*known, needed])
