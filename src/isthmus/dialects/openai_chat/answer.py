"""A whole answer → the plain (not streamed) completion. It says what the stream of the same answer would add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, assert_never

from isthmus.core.fold import Answer, Said, SaidCall, SaidOpaque, SaidText, SaidThinking
from isthmus.core.interfaces import Signing
from isthmus.core.usage import estimated_input
from isthmus.dialects.openai_chat.encode import Style
from isthmus.dialects.openai_chat.parts import (
    completion_id,
    custom_input,
    finish_reason,
    own_tool_id,
    redacted_detail,
    refusal_of,
    signature_detail,
    url_citations,
    usage_fields,
)
from isthmus.wire.json_text import to_json


def encode_answer(answer: Answer, style: Style, signing: Signing) -> bytes:
    said = _Gathered(style, signing)
    for each in answer.blocks:
        said.add(each)
    choice = {
        "index": 0,
        "message": said.message(refusal_of(answer.reason, answer.explanation)),
        "logprobs": None,
        "finish_reason": finish_reason(answer.reason, legacy=style.legacy),
    }
    usage = answer.usage or estimated_input(signing.input_estimate)
    return to_json(
        {
            "id": completion_id(signing),
            "object": "chat.completion",
            "created": signing.created_s,
            "model": signing.model,
            "choices": [choice],
            "usage": usage_fields(usage),
            **({} if signing.conversation is None else {"conversation_id": signing.conversation}),
        }
    )


@dataclass(slots=True)
class _Gathered:
    """Blocks sorted into the fields of one message; how they alternated cannot be said here."""

    style: Style
    signing: Signing
    texts: list[str] = field(default_factory=list)
    length: int = 0
    annotations: list[dict[str, Any]] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    function_call: dict[str, str] | None = None

    def add(self, said: Said) -> None:
        match said:
            case SaidText(text, citations):
                self.texts.append(text)
                start, self.length = self.length, self.length + len(text)
                self.annotations += url_citations(citations, start, self.length)
            case SaidThinking(text, opaque):
                self.thoughts.append(text)
                self._detail(signature_detail(text, opaque, len(self.details)))
            case SaidOpaque(opaque):
                self._detail(redacted_detail(opaque, len(self.details)))
            case SaidCall(id, name, arguments):
                self._call(id, name, arguments)
            case _:
                assert_never(said)

    def message(self, refusal: str | None) -> dict[str, Any]:
        text = "".join(self.texts)
        called = bool(self.calls) or self.function_call is not None
        fields: dict[str, Any] = {"role": "assistant", "content": text if text or not called else None}
        reasoning = "".join(self.thoughts)
        if self.style.show_reasoning and reasoning:
            fields["reasoning_content"] = reasoning
        if self.style.show_reasoning and self.details:
            fields["reasoning_details"] = self.details
        fields["refusal"] = refusal
        if self.annotations:
            fields["annotations"] = self.annotations
        if self.calls:
            fields["tool_calls"] = self.calls
        if self.function_call is not None:
            fields["function_call"] = self.function_call
        return fields

    def _detail(self, detail: dict[str, Any] | None) -> None:
        if detail is not None:
            self.details.append(detail)

    def _call(self, id: str, name: str, arguments: str) -> None:
        if self.style.legacy:
            self.function_call = self.function_call or {"name": name, "arguments": arguments}
            return
        id = id or own_tool_id(self.signing, len(self.calls))
        if name in self.style.custom_tools:
            custom = {"name": name, "input": custom_input(arguments)}
            self.calls.append({"id": id, "type": "custom", "custom": custom})
        else:
            function = {"name": name, "arguments": arguments}
            self.calls.append({"id": id, "type": "function", "function": function})
