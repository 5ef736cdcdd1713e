"""The service's rules for a request, checked before it is sent, so that a refusal names the rule and costs no account anything.

From the last published service model (aws/language-servers, October 2025), the vendor's own invariants
(aws/amazon-q-developer-cli, `assert_conversation_state_invariants`) and texts of refusals in public reports. Where the two
differ the limit is the larger one, as the service grew. Lengths are told as a prompt that is too long: a client that
compacts its conversation can go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

from isthmus.core.errors import BadRequest, Kind
from isthmus.providers.amazon_q.media import IMAGE_FIELD, pixels
from isthmus.providers.amazon_q.tools import MAX_DESCRIPTION_CHARS
from isthmus.wire.data_uri import sniff_image

Json = dict[str, Any]
USER: Final = "userInputMessage"
ASSISTANT: Final = "assistantResponseMessage"
MAX_USER_CHARS: Final = 600_000
MAX_ASSISTANT_CHARS: Final = 100_000
MAX_RESULT_CHARS: Final = 800_000
MAX_ENTRIES: Final = 10_000
MAX_IMAGES: Final = 10
MAX_IMAGE_CHARS: Final = 2_800_000
MAX_IMAGE_PIXELS: Final = 8_000
MAX_BODY_BYTES: Final = 7_600_000
"""No figure is published: requests of this size are reported refused, those of 5.9 million bytes taken."""
IMAGE_FORMATS: Final = frozenset(("png", "jpeg", "gif", "webp"))
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def check(state: Json) -> None:
    """`state` is a `conversationState`. Raises `BadRequest` naming the rule that it breaks."""
    entries = [*state.get("history", []), state["currentMessage"]]
    if len(entries) - 1 > MAX_ENTRIES:
        raise _too_long(f"{len(entries) - 1} messages of history, {MAX_ENTRIES} at most")
    if len(model := state["currentMessage"][USER]["modelId"]) not in range(1, 1025):
        raise _broken("model", f"a model's id has 1 to 1024 characters, not {len(model)}")
    _check_order(entries)
    tools = _context(entries[-1]).get("tools", [])
    _check_tools(tools)
    _check_pairs(entries, frozenset(_declared(tools)))
    for at, entry in enumerate(entries):
        _check_contents(at, entry)


def check_size(body: bytes) -> None:
    """Raises `BadRequest` for a request that is refused whatever is in it."""
    if len(body) > MAX_BODY_BYTES:
        raise _too_long(f"the request has {len(body)} bytes, {MAX_BODY_BYTES} at most")


def _check_order(entries: list[Json]) -> None:
    for at, entry in enumerate(entries):
        if list(entry) != [USER if at % 2 == 0 else ASSISTANT]:
            raise _broken(f"messages.{at}", "roles alternate, the user first and last")
    if len(entries) % 2 == 0:
        raise _broken("messages", "the user has the last word")


def _check_tools(tools: list[Json]) -> None:
    seen: set[str] = set()
    for at, tool in enumerate(each["toolSpecification"] for each in tools if "toolSpecification" in each):
        name, description, schema = tool["name"], tool["description"], tool["inputSchema"]["json"]
        field = f"tools.{at}"
        if not _NAME.fullmatch(name):
            raise _broken(f"{field}.name", f"a tool's name is 1 to 64 of a-z A-Z 0-9 _ -, not {name[:80]!r}")
        if name in seen:
            raise _broken(f"{field}.name", f"a tool's name is declared once, not twice as {name!r}")
        if not description.strip() or len(description) > MAX_DESCRIPTION_CHARS:
            raise _broken(
                field,
                f"a description has 1 to {MAX_DESCRIPTION_CHARS} characters, that of {name!r} {len(description)}",
            )
        if (
            schema.get("type") != "object"
            or not isinstance(schema.get("properties"), dict)
            or "$schema" in schema
        ):
            raise _broken(
                f"{field}.input_schema", f"the schema of {name!r} is an object at its root, without $schema"
            )
        seen.add(name)


def _check_pairs(entries: list[Json], declared: frozenset[str]) -> None:
    if "toolResults" in _context(entries[0]):
        raise _broken("messages.0", "the first message holds no tool results")
    seen: set[str] = set()
    for at, (answer, reply) in enumerate(pairwise(entries)):
        if ASSISTANT not in answer:
            continue
        calls = answer[ASSISTANT].get("toolUses", [])
        wanted = [call["toolUseId"] for call in calls]
        given = [result["toolUseId"] for result in _context(reply).get("toolResults", [])]
        if wanted != given:
            raise _broken(
                f"messages.{at + 1}",
                "every tool call is answered by one result, in order, in the message after it",
            )
        for call in calls:
            _check_call(at, call, seen, declared)


def _check_call(at: int, call: Json, seen: set[str], declared: frozenset[str]) -> None:
    id, name = call["toolUseId"], call["name"]
    if not _NAME.fullmatch(id):
        raise _broken(
            f"messages.{at}", f"the id of a tool call is 1 to 64 of a-z A-Z 0-9 _ -, not {id[:80]!r}"
        )
    if id in seen:
        raise _broken(f"messages.{at}", f"the id of a tool call is used once, not twice as {id!r}")
    if name not in declared:
        raise _broken(f"messages.{at}", f"a tool that was called is declared, and {name[:80]!r} is not")
    seen.add(id)


def _check_contents(at: int, entry: Json) -> None:
    (kind, message), field = next(iter(entry.items())), f"messages.{at}"
    content, context = message["content"], message.get("userInputMessageContext", {})
    most = MAX_USER_CHARS if kind == USER else MAX_ASSISTANT_CHARS
    if len(content) > most:
        raise _too_long(f"{field} has {len(content)} characters, {most} at most")
    if not content and not context.get("toolResults"):
        raise _broken(field, "a message without tool results says something")
    for result in context.get("toolResults", []):
        if (length := max((len(part["text"]) for part in result["content"]), default=0)) > MAX_RESULT_CHARS:
            raise _too_long(f"a tool result in {field} has {length} characters, {MAX_RESULT_CHARS} at most")
    _check_images(message.get("images", []))


def _check_images(images: list[Json]) -> None:
    if len(images) > MAX_IMAGES:
        raise _broken(IMAGE_FIELD, f"a message has at most {MAX_IMAGES} images, not {len(images)}")
    for image in images:
        kind, data = image["format"], image["source"]["bytes"]
        if kind not in IMAGE_FORMATS or sniff_image(data) != f"image/{kind}":
            raise _broken(IMAGE_FIELD, f"an image is PNG, JPEG, GIF or WebP, not {kind[:40]!r}")
        if len(data) > MAX_IMAGE_CHARS:
            raise _broken(
                IMAGE_FIELD, f"an image has at most {MAX_IMAGE_CHARS} characters of base64, not {len(data)}"
            )
        if (size := pixels(data)) is not None and max(size) > MAX_IMAGE_PIXELS:
            raise _broken(
                IMAGE_FIELD,
                f"an image is at most {MAX_IMAGE_PIXELS} pixels wide and high, not {size[0]} by {size[1]}",
            )


def _declared(tools: list[Json]) -> Iterator[str]:
    return (each["toolSpecification"]["name"] for each in tools if "toolSpecification" in each)


def _context(entry: Json) -> Json:
    found: Json = entry.get(USER, {}).get("userInputMessageContext", {})
    return found


def _broken(field: str, rule: str) -> BadRequest:
    return BadRequest(f"{field}: the upstream would refuse the request: {rule}", field=field)


def _too_long(rule: str) -> BadRequest:
    return BadRequest(f"prompt is too long: {rule}", field="messages", kind=Kind.CONTEXT_OVERFLOW)
