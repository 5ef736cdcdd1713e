"""What the service refuses of a request for an answer, each rule with a name of its own.

From the vendor's clients (aws/amazon-q-developer-cli `conversation.rs` and its tests, aws/language-servers `chatDb.ts`) and the
limits of the model they published in October 2025. Where reports disagree, this is the stricter side.
"""

from __future__ import annotations

import base64
import re
from itertools import pairwise
from typing import Final

from isthmus.simulators.amazon_q.answers import Json, Refusal
from isthmus.simulators.amazon_q.chat import Chat, context
from isthmus.simulators.amazon_q.draft import is_redacted, signature
from isthmus.simulators.amazon_q.shapes import improper
from isthmus.simulators.amazon_q.tool_rules import check_tools

MOST_BODY: Final = 6_000_000
MOST_CONTENT: Final = 600_000
MOST_SAID: Final = 100_000
MOST_HISTORY: Final = 10_000
MOST_IMAGES: Final = 10
MOST_IMAGE: Final = 2_800_000
CHARACTERS_PER_TOKEN: Final = 4
_ARN: Final = re.compile(r"arn:aws:(?:codewhisperer|transform):[a-z0-9-]+:\d{12}:profile/[a-zA-Z0-9]{12}")
_MAGIC: Final = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "gif": b"GIF8", "webp": b"RIFF"}


def check_chat(chat: Chat, size: int) -> None:
    """Raises `Refusal`. `size` is that of the body in bytes; its shape is in order already."""
    _check_sizes(chat, size)
    _check_order(chat)
    _check_contents(chat)
    check_tools(chat)
    for message in chat.users():
        _check_images(message)
        if message.get("documents") and "DOCUMENT" not in chat.model.inputs and chat.model.family != "claude":
            raise Refusal(
                "Documents are not supported.", reason="DOCUMENT_FORMAT_UNSUPPORTED", rule="document"
            )
    if any(message.get("images") for message in chat.users()) and "IMAGE" not in chat.model.inputs:
        raise Refusal("Images are not supported.", reason="IMAGE_FORMAT_UNSUPPORTED", rule="image-model")
    _check_reasoning(chat)
    _check_fields(chat)


def check_profile(arn: object) -> None:
    if arn is not None and (not isinstance(arn, str) or len(arn) > 950 or not _ARN.fullmatch(arn)):
        raise improper("profile-form", repr(arn)[:100])


def _check_sizes(chat: Chat, size: int) -> None:
    told = sum(len(message["content"]) for message in chat.users())
    told += sum(len(part.get("text") or "") for message in chat.users() for part in _parts(message))
    told += sum(
        len(entry["assistantResponseMessage"]["content"]) for entry in chat.history if _assistant(entry)
    )
    if size > MOST_BODY or told / CHARACTERS_PER_TOKEN > chat.model.window:
        raise Refusal("Input is too long.", reason="CONTENT_LENGTH_EXCEEDS_THRESHOLD", rule="too-long")


def _parts(message: Json) -> list[Json]:
    return [part for result in context(message).get("toolResults") or [] for part in result["content"]]


def _assistant(entry: Json) -> bool:
    return "assistantResponseMessage" in entry


def _check_order(chat: Chat) -> None:
    state, history = chat.state, chat.history
    if len(state.get("conversationId") or "") > 128:
        raise Refusal("Invalid conversation id.", reason="INVALID_CONVERSATION_ID", rule="conversation-id")
    if len(history) > MOST_HISTORY:
        raise improper("history-length", f"{len(history)} entries")
    if not history:
        return
    if _assistant(history[0]):
        raise improper("history-first", "history begins with the assistant")
    if not _assistant(history[-1]):
        raise improper("history-last", "history ends with the user")
    for number, (one, two) in enumerate(pairwise(history)):
        if _assistant(one) == _assistant(two):
            raise improper("alternation", f"entries {number} and {number + 1} are of one side")
    if context(history[0]["userInputMessage"]).get("toolResults"):
        raise improper("history-first-results", "the first entry holds tool results")


def _check_contents(chat: Chat) -> None:
    for number, message in enumerate(chat.users()):
        if len(message["content"]) > MOST_CONTENT:
            raise improper("content-length", f"user message {number}")
        if not message["content"].strip() and not context(message).get("toolResults"):
            raise improper("content-empty", f"user message {number} has neither text nor results")
    for number, entry in enumerate(chat.history):
        if not _assistant(entry):
            continue
        said = entry["assistantResponseMessage"]
        if len(said["content"]) > MOST_SAID:
            raise improper("said-length", f"entry {number}")
        if not said["content"].strip() and not said.get("toolUses"):
            raise improper("said-empty", f"entry {number} has neither text nor tool uses")


def _check_images(message: Json) -> None:
    images = message.get("images") or []
    if len(images) > MOST_IMAGES:
        raise Refusal("Too many images.", reason="IMAGE_COUNT_EXCEEDED", rule="image-count")
    if images and context(message).get("toolResults"):
        # Reported as refused by one client's authors, as sent by the vendor's own: the stricter side.
        raise improper("image-with-results", "a message holds both")
    for image in images:
        text = image["source"]["bytes"]
        if len(text) > MOST_IMAGE:
            raise Refusal("The image is too large.", reason="IMAGE_SIZE_EXCEEDED", rule="image-size")
        try:
            start = base64.b64decode(text, validate=True)[:16]
        except ValueError:
            raise improper("image-base64", "an image is no base64") from None
        if not start.startswith(_MAGIC[image["format"]]):
            raise Refusal(
                "The image is of another format.", reason="IMAGE_MIME_MISMATCH", rule="image-format"
            )


def _check_reasoning(chat: Chat) -> None:
    for number, entry in enumerate(chat.history):
        thought = (entry.get("assistantResponseMessage") or {}).get("reasoningContent")
        match thought:
            case {"reasoningText": {"text": text, **rest}}:
                good = rest.get("signature") == signature(chat.model.id, text)
            case {"redactedContent": blob}:
                good = is_redacted(chat.model.id, blob)
            case _:
                good = True
        if not good:
            raise Refusal(
                "The signature of a thought is not valid.",
                reason="THINKING_SIGNATURE_INVALID",
                rule=f"signature: entry {number}",
            )


def _check_fields(chat: Chat) -> None:
    schema = chat.model.fields_schema
    if not chat.fields:
        return
    if schema is None:
        raise Refusal("additionalModelRequestFields is not supported by the model.", rule="fields-unknown")
    _check_value(chat.fields, schema, "additionalModelRequestFields")


def _check_value(value: object, schema: Json, path: str) -> None:
    """As much of JSON Schema as the models' own schemas use."""
    match schema["type"]:
        case "object":
            if not isinstance(value, dict):
                raise _bad_field(path)
            if unknown := value.keys() - schema["properties"].keys():
                raise _bad_field(f"{path}.{min(unknown)}")
            if missing := set(schema.get("required", ())) - value.keys():
                raise _bad_field(f"{path}.{min(missing)}")
            for name, each in value.items():
                _check_value(each, schema["properties"][name], f"{path}.{name}")
        case "integer":
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not whole or not schema["minimum"] <= value <= schema["maximum"]:
                raise _bad_field(path)
        case _:
            if value not in schema["enum"]:
                raise _bad_field(path)


def _bad_field(path: str) -> Refusal:
    return Refusal(f"The value at {path} is not valid.", rule=f"fields: {path}")
