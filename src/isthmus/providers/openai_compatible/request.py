"""Conversation → the body of a Chat Completions request, with everything noted that it could not carry."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from isthmus.core.abilities import Abilities
from isthmus.core.conversation import Conversation, Format, OutputFormat, Role
from isthmus.core.interfaces import Target
from isthmus.core.losses import Action, Loss, merge
from isthmus.providers.openai_compatible.messages import Message, render_messages
from isthmus.providers.openai_compatible.reasoning import render_reasoning
from isthmus.providers.openai_compatible.tools import render_tools
from isthmus.providers.openai_compatible.vendor import Continuation, Vendor

MAX_ID_CHARS: Final = 64
SCHEMA_NAME: Final = "response"
_OBJECTS: Final = msgspec.json.Decoder(dict[str, Any])
_ENCODE: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request ready to send. `fields` are in the order they are written."""

    fields: dict[str, Any]
    losses: tuple[Loss, ...] = ()
    scanned_stops: tuple[str, ...] = ()
    """Stop sequences the vendor is not told of: the answer must be cut at them."""
    continues: bool = False
    """The model is to continue the last message."""

    def encoded(self) -> bytes:
        try:
            return _ENCODE(self.fields)
        except UnicodeEncodeError:
            # Half of a surrogate pair cannot be sent as UTF-8.
            return _ENCODE(_sendable(self.fields))


def render_request(conversation: Conversation, target: Target, vendor: Vendor) -> ChatRequest:
    """`vendor` is as it is for the target's model."""
    able, losses = target.abilities, list[Loss]()
    output, addition = _output(conversation.output, able, losses)
    messages = render_messages(conversation, vendor, able, losses, addition=addition)
    fields: dict[str, Any] = {"model": target.model, "messages": messages}
    fields |= render_tools(conversation, vendor, able, losses)
    if conversation.max_tokens is not None:
        fields[vendor.max_tokens_field] = conversation.max_tokens
    fields |= _sampling(conversation, able)
    sent, scanned = _stops(conversation, able, losses)
    if sent:
        fields["stop"] = sent
    fields |= render_reasoning(conversation, vendor, able, losses)
    fields |= output
    fields |= _identity(conversation, vendor, losses)
    fields |= _knobs(conversation, vendor, losses)
    continues = _continue(conversation, vendor, messages, fields)
    fields |= _streaming(conversation, vendor)
    return ChatRequest(fields, merge(losses), scanned, continues)


def _streaming(conversation: Conversation, vendor: Vendor) -> dict[str, Any]:
    if not conversation.stream and not vendor.always_stream:
        return {"stream": False}
    fields: dict[str, Any] = {"stream": True}
    if vendor.include_usage:
        fields["stream_options"] = {"include_usage": True}
    return fields


def _sampling(conversation: Conversation, able: Abilities) -> dict[str, Any]:
    sampling = conversation.sampling
    fields: dict[str, Any] = {}
    if able.sampling:
        if sampling.temperature is not None:
            fields["temperature"] = sampling.temperature
        if sampling.top_p is not None:
            fields["top_p"] = sampling.top_p
        if sampling.top_k is not None and able.top_k:
            fields["top_k"] = sampling.top_k
    return fields


def _stops(
    conversation: Conversation, able: Abilities, losses: list[Loss]
) -> tuple[list[str], tuple[str, ...]]:
    stops = [stop for stop in conversation.sampling.stop if stop]
    sent, scanned = stops[: able.max_stop_sequences], stops[able.max_stop_sequences :]
    if scanned:
        losses.append(Loss("stop", Action.EMULATED, f"{len(scanned)} by reading the answer"))
    return sent, tuple(scanned)


def _output(output: OutputFormat | None, able: Abilities, losses: list[Loss]) -> tuple[dict[str, Any], str]:
    """The field that asks for a shape, and what must be said in the system text instead."""
    if output is None:
        return {}, ""
    as_object: dict[str, Any] = {"response_format": {"type": "json_object"}} if able.json_object else {}
    if output.kind is Format.JSON_OBJECT or output.schema is None:
        if as_object:
            return as_object, ""
        losses.append(Loss("response_format", Action.EMULATED, "asked for in the system text"))
        return {}, "Answer with one JSON object and nothing else, without code fences."
    if able.json_schema:
        return {"response_format": {"type": "json_schema", "json_schema": _json_schema(output)}}, ""
    losses.append(Loss("response_format", Action.EMULATED, "schema in the system text"))
    wish = (
        "Answer with one JSON object and nothing else, without code fences. It must match this JSON Schema:"
    )
    return as_object, f"{wish}\n{output.schema}"


def _json_schema(output: OutputFormat) -> dict[str, Any]:
    assert output.schema is not None
    shape: dict[str, Any] = {
        "name": output.name or SCHEMA_NAME,
        "schema": msgspec.Raw(output.schema.encode()),
    }
    strict = _is_closed(output.schema) if output.strict is None else output.strict
    if strict:
        shape["strict"] = True
    return shape


def _is_closed(schema: str) -> bool:
    """Whether OpenAI's strict mode takes it: every object is closed and needs all its properties."""
    try:
        return _closed(_OBJECTS.decode(schema))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False


def _closed(node: Any) -> bool:
    if isinstance(node, list):
        return all(map(_closed, node))
    if not isinstance(node, dict):
        return True
    properties = node.get("properties")
    if isinstance(properties, dict) or node.get("type") == "object":
        names = set(properties or ()) if isinstance(properties, dict) else set()
        required = node.get("required")
        if node.get("additionalProperties") is not False:
            return False
        if names != set(required if isinstance(required, list) else ()):
            return False
    inner = [value for key, value in node.items() if key not in {"properties", "required", "enum", "const"}]
    return all(map(_closed, inner)) and all(map(_closed, (properties or {}).values()))


def _identity(conversation: Conversation, vendor: Vendor, losses: list[Loss]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if conversation.user:
        if vendor.user_field:
            fields[vendor.user_field] = _fitting(conversation.user)
        else:
            losses.append(Loss("user", Action.DROPPED))
    if conversation.session and vendor.cache_key_field:
        fields[vendor.cache_key_field] = _fitting(conversation.session)
    if (tier := conversation.service_tier) is not None:
        word = dict(vendor.service_tiers).get(tier)
        if word is not None:
            fields["service_tier"] = word
        elif tier != "auto":
            losses.append(Loss("service_tier", Action.DROPPED))
    return fields


def _fitting(id: str) -> str:
    """An id of any length, within what every vendor takes."""
    return id if len(id) <= MAX_ID_CHARS else hashlib.sha256(id.encode("utf-8", "replace")).hexdigest()


def _knobs(conversation: Conversation, vendor: Vendor, losses: list[Loss]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in conversation.knobs.items():
        if name in vendor.knobs:
            fields[vendor.seed_field if name == "seed" else name] = msgspec.Raw(value.encode())
        else:
            losses.append(Loss(name, Action.DROPPED))
    return fields


def _continue(
    conversation: Conversation, vendor: Vendor, messages: list[Message], fields: dict[str, Any]
) -> bool:
    """Tells the model to go on with words put into its mouth."""
    if not conversation.turns or conversation.turns[-1].role is not Role.ASSISTANT or not messages:
        return False
    match vendor.continuation:
        case Continuation.PREFIX:
            messages[-1]["prefix"] = True
        case Continuation.PARTIAL:
            messages[-1]["partial"] = True
        case Continuation.CONTINUE_FINAL:
            fields["add_generation_prompt"] = False
            fields["continue_final_message"] = True
        case Continuation.IMPLICIT | Continuation.NONE:
            pass
    return vendor.continuation is not Continuation.NONE


def _sendable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_sendable(each) for each in value]
    if isinstance(value, dict):
        return {name: _sendable(each) for name, each in value.items()}
    return value
