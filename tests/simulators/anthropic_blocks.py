"""What the Messages API refuses in content: blocks, their pairing across turns, thinking signatures, cache marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .answers import Json, Refusal, names
from .anthropic_models import Card
from .anthropic_signatures import redacted_is_ours, signature_is_ours
from .images import IMAGE_TYPES, image_type, strict_base64

TOOL_ID = re.compile(r"[a-zA-Z0-9_-]+")
BLOCK_FIELDS = {
    "text": names("type text cache_control citations"),
    "image": names("type source cache_control transformations"),
    "document": names("type source cache_control citations context title"),
    "search_result": names("type content source title cache_control citations"),
    "thinking": names("type thinking signature"),
    "redacted_thinking": names("type data"),
    "tool_use": names("type id name input cache_control caller toolset_name"),
    "tool_result": names("type tool_use_id content is_error cache_control toolset_name"),
    "server_tool_use": names("type id name input cache_control caller"),
    "web_search_tool_result": names("type tool_use_id content cache_control caller"),
    "tool_reference": names("type tool_name cache_control"),
}
REQUIRED = {
    "text": ("text",),
    "image": ("source",),
    "document": ("source",),
    "search_result": ("content", "source", "title"),
    "thinking": ("signature", "thinking"),
    "redacted_thinking": ("data",),
    "tool_use": ("id", "input", "name"),
    "tool_result": ("tool_use_id",),
    "server_tool_use": ("id", "input", "name"),
    "web_search_tool_result": ("content", "tool_use_id"),
    "tool_reference": ("tool_name",),
}
ALLOWED = {
    "user": names("text image document search_result tool_result"),
    "assistant": names("""
        text image document thinking redacted_thinking tool_use server_tool_use web_search_tool_result search_result"""),
    "system": names("text"),
    "tool_result": names("text image document search_result tool_reference"),
}


@dataclass(frozen=True, slots=True)
class MessagesRequest:
    """A parsed body with the headers and the model that decide what is legal in it."""

    body: Json
    card: Card
    version: str
    betas: frozenset[str]
    counting: bool = False

    @property
    def messages(self) -> list[Json]:
        messages: list[Json] = self.body["messages"]
        return messages

    @property
    def thinking_type(self) -> str | None:
        given = self.body.get("thinking")
        return given.get("type") if isinstance(given, dict) else None

    @property
    def thinks(self) -> bool:
        return self.thinking_type in ("enabled", "adaptive")

    @property
    def effort(self) -> str | None:
        return (self.body.get("output_config") or {}).get("effort")

    @property
    def per_turn_control(self) -> bool:
        return self.has_beta("per-turn-control-") or self.has_beta("mid-conversation-output-config-")

    def has_beta(self, prefix: str) -> bool:
        return any(beta.startswith(prefix) for beta in self.betas)


@dataclass(frozen=True, slots=True)
class Placed:
    """A block and where the client put it."""

    where: str
    block: Json

    @property
    def type(self) -> object:
        return self.block.get("type")


def invalid(message: str) -> Refusal:
    return Refusal(message, kind="invalid_request_error")


def extra(where: str) -> Refusal:
    return invalid(f"{where}: Extra inputs are not permitted")


# one block ------------------------------------------------------------------------------------------------------------


def blocks_of(n: int, message: Json) -> list[Placed]:
    content = message["content"]
    if isinstance(content, str):
        return [Placed(f"messages.{n}.content.0", {"type": "text", "text": content})]
    return [Placed(f"messages.{n}.content.{m}", block) for m, block in enumerate(content)]


def check_blocks(request: MessagesRequest) -> None:
    last = len(request.messages) - 1
    for n, message in enumerate(request.messages):
        if not isinstance(message.get("content"), str | list):
            raise invalid(f"messages.{n}.content: Input should be a valid list")
        role = message["role"]
        if not message["content"] and role != "system" and not (role == "assistant" and n == last):
            raise invalid(
                f"messages.{n}: all messages must have non-empty content except for the optional final assistant message"
            )
        for placed in blocks_of(n, message):
            _block(request, placed, role)


def _block(request: MessagesRequest, placed: Placed, holder: str) -> None:
    kind, block, where = placed.type, placed.block, placed.where
    if not isinstance(kind, str) or kind not in ALLOWED[holder]:
        tags = ", ".join(f"'{tag}'" for tag in sorted(ALLOWED[holder]))
        raise invalid(
            f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {tags}"
        )
    for name in REQUIRED[kind]:
        if name not in block:
            raise invalid(f"{where}.{kind}.{name}: Field required")
    for name in block:
        if name not in BLOCK_FIELDS[kind]:
            raise extra(f"{where}.{kind}.{name}")
    match kind:
        case "text":
            _text(block["text"])
        case "image":
            _image(block["source"], f"{where}.image.source")
        case "tool_use":
            _tool_use(block, f"{where}.tool_use")
        case "tool_result":
            _result_content(request, placed)
        case _:
            pass
    if request.version == "2026-10-21":
        _newer_version(placed, holder)


def _text(text: object, field: str = "messages") -> None:
    if not isinstance(text, str):
        raise invalid(f"{field}: text content blocks must hold a string")
    if not text:
        raise invalid(f"{field}: text content blocks must be non-empty")
    if not text.strip():
        raise invalid(f"{field}: text content blocks must contain non-whitespace text")


def _image(source: Json, where: str) -> None:
    kind = source.get("type")
    if kind in ("url", "file"):
        return
    if kind != "base64":
        raise invalid(
            f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
        )
    media_type = source.get("media_type")
    if media_type not in IMAGE_TYPES:
        raise invalid(
            f"{where}.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
        )
    data = strict_base64(source.get("data") or "")
    if not data:
        raise invalid(f"{where}.base64.data: invalid base64 data")
    actual = image_type(data)
    if actual is None:
        raise invalid("Could not process image")
    if actual != media_type:
        raise invalid(
            f"{where}.base64: The image was specified using the {media_type} media type, "
            f"but the image appears to be a {actual} image"
        )


def _tool_use(block: Json, where: str) -> None:
    if not isinstance(block["id"], str) or not TOOL_ID.fullmatch(block["id"]):
        raise invalid(f"{where}.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
    if not isinstance(block["input"], dict):
        raise invalid(f"{where}.input: Input should be a valid dictionary")


def _result_content(request: MessagesRequest, placed: Placed) -> None:
    content = placed.block.get("content")
    if content is None or isinstance(content, str):
        return
    for m, inner in enumerate(content):
        _block(request, Placed(f"{placed.where}.tool_result.content.{m}", inner), "tool_result")


def _newer_version(placed: Placed, holder: str) -> None:
    """What version 2026-10-21 no longer takes."""
    if holder == "assistant" and placed.type == "document":
        raise invalid(f"{placed.where}: `document` blocks are not permitted in `assistant` messages")
    if holder == "user" and placed.type == "text" and placed.block.get("citations"):
        raise extra(f"{placed.where}.text.citations")
    if placed.type == "search_result":
        for m, inner in enumerate(placed.block["content"]):
            if inner.get("citations"):
                raise extra(f"{placed.where}.search_result.content.{m}.citations")


def system_text(request: MessagesRequest) -> None:
    system = request.body.get("system")
    if system is None or isinstance(system, str):
        return
    for n, block in enumerate(system):
        for name in block:
            if name not in BLOCK_FIELDS["text"]:
                raise extra(f"system.{n}.{name}")
        if block.get("type") != "text":
            raise invalid(f"system.{n}.type: Input should be 'text'")
        _text(block.get("text"), "system")


# across turns ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Turn:
    """Neighbouring messages of one role, which the API reads as one."""

    role: str
    n: int  # index of its first message
    blocks: list[Placed]

    def ids(self, kind: str, field: str) -> list[str]:
        return [placed.block[field] for placed in self.blocks if placed.type == kind]


def turns(request: MessagesRequest) -> list[Turn]:
    joined: list[Turn] = []
    for n, message in enumerate(request.messages):
        if message["role"] == "system":
            continue
        if joined and joined[-1].role == message["role"]:
            joined[-1].blocks.extend(blocks_of(n, message))
        else:
            joined.append(Turn(message["role"], n, blocks_of(n, message)))
    return joined


def tool_pairs(request: MessagesRequest) -> None:
    said = turns(request)
    seen: set[str] = set()
    for at, turn in enumerate(said):
        calls = turn.ids("tool_use", "id")
        if len(set(calls)) < len(calls) or seen & set(calls):
            raise invalid("messages: `tool_use` ids must be unique")
        seen.update(calls)
        before = said[at - 1].ids("tool_use", "id") if at else []
        _results_have_calls(turn, before)
        after = said[at + 1] if at + 1 < len(said) else None
        _calls_have_results(turn, calls, after)


def _results_have_calls(turn: Turn, before: list[str]) -> None:
    answered: set[str] = set()
    for placed in turn.blocks:
        if placed.type != "tool_result":
            continue
        call_id = placed.block["tool_use_id"]
        if call_id not in before:
            raise invalid(
                f"{placed.where}: unexpected `tool_use_id` found in `tool_result` blocks: {call_id}. Each `tool_result` "
                "block must have a corresponding `tool_use` block in the previous message."
            )
        if call_id in answered:
            raise invalid(
                f"{placed.where}: each tool_use must have a single result. "
                f"Found multiple `tool_result` blocks with id: {call_id}"
            )
        answered.add(call_id)


def _calls_have_results(turn: Turn, calls: list[str], after: Turn | None) -> None:
    answered = set(_leading_results(after)) if after else set()
    missing = [call_id for call_id in calls if call_id not in answered]
    if missing:
        raise invalid(
            f"messages.{turn.n}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
        )


def _leading_results(turn: Turn) -> Iterator[str]:
    """Results count only before any other content of the turn."""
    for placed in turn.blocks:
        if placed.type != "tool_result":
            return
        yield placed.block["tool_use_id"]


def signatures(request: MessagesRequest) -> None:
    model = request.card.id
    for n, message in enumerate(request.messages):
        for placed in blocks_of(n, message):
            block = placed.block
            if placed.type == "thinking" and not signature_is_ours(
                model, block["thinking"], block["signature"]
            ):
                raise invalid(f"{placed.where}: Invalid `signature` in `thinking` block")
            if placed.type == "redacted_thinking" and not redacted_is_ours(model, block["data"]):
                raise invalid(f"{placed.where}: Invalid `data` in `redacted_thinking` block")
    if request.thinking_type == "enabled":
        _tool_round_starts_with_thinking(turns(request))


def _tool_round_starts_with_thinking(said: list[Turn]) -> None:
    if len(said) < 2 or not said[-1].ids("tool_result", "tool_use_id"):
        return
    first = said[-2].blocks[0]
    if first.type not in ("thinking", "redacted_thinking"):
        raise invalid(
            f"{first.where}.type: Expected `thinking` or `redacted_thinking`, but found `{first.type}`. When `thinking` is "
            "enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of "
            "`tool_use` and `tool_result` blocks)."
        )


def breakpoints(request: MessagesRequest) -> None:
    count = sum(1 for holder in _may_be_marked(request) if holder.get("cache_control"))
    if count > 4:
        raise invalid(f"A maximum of 4 blocks with cache_control may be provided. Found {count}.")


def _may_be_marked(request: MessagesRequest) -> Iterator[Json]:
    yield request.body
    yield from request.body.get("tools") or ()
    system = request.body.get("system")
    yield from system if isinstance(system, list) else ()
    for n, message in enumerate(request.messages):
        for placed in blocks_of(n, message):
            yield placed.block
            inner = placed.block.get("content")
            yield from inner if isinstance(inner, list) else ()
