"""What a turn amounted to, as JSON values: for comparing one that was recorded with the same one played again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isthmus.core.errors import UpstreamError
from isthmus.core.events import Event, Failed, Noted
from isthmus.core.fold import Answer, SaidCall, SaidOpaque, SaidText, SaidThinking, fold
from isthmus.core.usage import Usage


def summary(events: Sequence[Event]) -> dict[str, Any]:
    notes = [f"{each.what} {each.detail}".strip() for each in events if isinstance(each, Noted)]
    last = events[-1]
    told = _failure(last.error) if isinstance(last, Failed) else _answer(fold(events))
    return told | ({"notes": notes} if notes else {})


def _failure(error: UpstreamError) -> dict[str, Any]:
    return {
        "failed": error.message,
        "kind": error.kind.value,
        "status": error.status,
        "next": error.next.value,
        "scope": error.scope.value,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    usage = answer.usage or Usage()
    return {
        "blocks": [_block(block) for block in answer.blocks],
        "reason": answer.reason.value,
        "explanation": answer.explanation,
        "model": answer.model,
        "tokens": [usage.input_tokens, usage.output_tokens, usage.reasoning_tokens],
        "micro_usd": usage.micro_credits,
    }


def _block(block: object) -> dict[str, Any]:
    match block:
        case SaidText(text):
            return {"text": text}
        case SaidThinking(text, opaque):
            return {"thinking": text, "signed": opaque is not None}
        case SaidCall(_, name, arguments):
            return {"call": name, "arguments": arguments}
        case SaidOpaque(opaque):
            return {"opaque": opaque.kind}
        case other:
            raise AssertionError(other)
