"""Requests in both dialects, and what their answers said."""

from __future__ import annotations

from typing import Any

from clients.running import Answered, RunningGateway

Json = dict[str, Any]
PATHS = {"messages": "/v1/messages", "chat": "/v1/chat/completions"}
DIALECTS = tuple(PATHS)


def body(model: str, *, stream: bool = False, text: str = "hi", **more: object) -> Json:
    """Understood by both dialects."""
    messages = [{"role": "user", "content": text}]
    return {"model": model, "max_tokens": 200, "messages": messages, "stream": stream} | more


def ask(
    gateway: RunningGateway,
    dialect: str,
    model: str,
    *,
    provider: str = "",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Answered:
    before = f"/{provider}" if provider else ""
    return gateway.ask(before + PATHS[dialect], body(model, **more), headers)


def text_of(answer: Answered) -> str:
    """What a plain answer of either dialect says."""
    assert answer.status == 200, answer.body
    said = answer.json
    if "choices" in said:
        return str(said["choices"][0]["message"]["content"])
    return "".join(block.get("text", "") for block in said["content"])


def error_of(answer: Answered) -> Json:
    error: Json = answer.json["error"]
    return error
