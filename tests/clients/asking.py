"""The official SDKs as processes that do one job after another, and what they make of an answer."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import judges
from clients.running import plain_environment

Json = dict[str, Any]
HERE = Path(__file__).parent
ANTHROPIC, OPENAI = "anthropic", "openai"
PATIENCE_S = 60.0


class Judged(Exception):
    """The SDK raised: its exception class with what it inherits from, and what it knew."""

    def __init__(self, error: Json) -> None:
        super().__init__(f"{error['class']} {error['status']}: {error['message']}")
        self.name: str = error["class"]
        self.bases: list[str] = error["bases"]
        self.status: int | None = error["status"]
        self.message: str = error["message"]
        self.body: Any = error["body"]
        self.request_id: str | None = error["request_id"]
        self.trace: str = error["trace"]


@dataclass(frozen=True, slots=True)
class Usage:
    """As each protocol counts: Messages leaves cached tokens out of `input`, Chat does not."""

    input: int
    output: int
    read: int = 0
    written: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What a client has at the end of an answer, in either protocol."""

    text: str = ""
    thinking: str = ""
    calls: tuple[tuple[str, Any], ...] = ()
    stop: str | None = None
    usage: Usage | None = field(default=None, compare=False)
    whole: Json = field(default_factory=dict, compare=False)
    """The SDK's own object."""


@dataclass(frozen=True, slots=True)
class Sdk:
    """One official client library of one version."""

    name: str
    protocol: str
    package: str
    language: str
    old: bool = False

    def command(self) -> list[str]:
        if self.language == "node":
            judges.node_modules()
            return [str(judges.node()), str(HERE / "node" / "ask.mjs"), self.package]
        python = judges.python_with_old_sdks() if self.old else Path(sys.executable)
        return [str(python), str(HERE / "ask.py"), self.package]


SDKS: Mapping[str, Sdk] = {
    sdk.name: sdk
    for sdk in (
        Sdk("anthropic-python", ANTHROPIC, "anthropic", "python"),
        Sdk("anthropic-python-0", ANTHROPIC, "anthropic", "python", old=True),
        Sdk("anthropic-node", ANTHROPIC, "@anthropic-ai/sdk", "node"),
        Sdk("anthropic-node-0", ANTHROPIC, "anthropic-sdk-0", "node", old=True),
        Sdk("openai-python", OPENAI, "openai", "python"),
        Sdk("openai-python-1", OPENAI, "openai", "python", old=True),
        Sdk("openai-node", OPENAI, "openai", "node"),
    )
}
MESSAGES_SDKS = [name for name, sdk in SDKS.items() if sdk.protocol == ANTHROPIC]
CHAT_SDKS = [name for name, sdk in SDKS.items() if sdk.protocol == OPENAI]


class Asker:
    """A process that uses one SDK."""

    def __init__(self, sdk: Sdk) -> None:
        self.sdk = sdk
        self._process = subprocess.Popen(
            sdk.command(),
            env=plain_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._outcomes: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        finally:
            self._process.kill()

    def at(self, base_url: str, *, key: str | None = "unused", **options: Any) -> Client:
        """The SDK's client, set up as its documentation says; `base_url` is without `/v1`."""
        if self.sdk.protocol == OPENAI:
            base_url += "/v1"
        return Client(
            self, {"base_url": base_url, "api_key": key, "max_retries": 0, "timeout": 60, **options}
        )

    def do(self, job: Json) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        try:
            line = self._outcomes.get(timeout=PATIENCE_S)
        except queue.Empty:
            self._process.kill()
            raise AssertionError(
                f"{self.sdk.name} was still busy after {PATIENCE_S:g} s with {job}"
            ) from None
        assert line, f"{self.sdk.name} ended on {job}"
        outcome = json.loads(line)
        if "error" in outcome:
            raise Judged(outcome["error"])
        return outcome["ok"]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._outcomes.put(line)
        self._outcomes.put("")


@dataclass(frozen=True, slots=True)
class Client:
    """A configured client. `how` is one of the ways of ask.py."""

    asker: Asker
    options: Json

    def call(
        self, name: str, how: str = "plain", positional: Sequence[Any] | None = None, **args: Any
    ) -> Any:
        job = {"client": self.options, "call": name, "how": how, "args": args}
        return self.asker.do(job if positional is None else job | {"positional": list(positional)})

    def say(self, model: str, how: str = "plain", **args: Any) -> Said:
        """One request in the SDK's protocol. Raises `Judged`.

        `prompt` stands for a conversation of one line; `ask_usage` is for Chat vendors that do not know `stream_options`.
        """
        ask_usage = args.pop("ask_usage", True)
        args.setdefault("messages", [{"role": "user", "content": args.pop("prompt", "hi")}])
        if self.asker.sdk.protocol == ANTHROPIC:
            args.setdefault("max_tokens", 1000)
            call = "messages.stream" if how == "final" else "messages.create"
            return from_message(self.call(call, how, model=model, **args))
        if how == "final" and ask_usage:
            args.setdefault("stream_options", {"include_usage": True})
        call = "chat.completions.stream" if how == "final" else "chat.completions.create"
        return from_completion(self.call(call, how, model=model, **args))


def from_message(message: Json) -> Said:
    blocks = message["content"]
    usage = message["usage"]
    details = usage.get("output_tokens_details") or {}
    return Said(
        text="".join(block["text"] for block in blocks if block["type"] == "text"),
        thinking="\n".join(block["thinking"] for block in blocks if block["type"] == "thinking"),
        calls=tuple((block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"),
        stop=message["stop_reason"],
        usage=Usage(
            usage["input_tokens"],
            usage["output_tokens"],
            usage.get("cache_read_input_tokens") or 0,
            usage.get("cache_creation_input_tokens") or 0,
            details.get("thinking_tokens") or 0,
        ),
        whole=message,
    )


def from_completion(completion: Json) -> Said:
    choice = completion["choices"][0]
    message = choice["message"]
    return Said(
        text=message.get("content") or "",
        thinking=message.get("reasoning_content") or "",
        calls=tuple(
            (call["function"]["name"], _parsed(call["function"]["arguments"]))
            for call in message.get("tool_calls") or ()
        ),
        stop=choice.get("finish_reason"),
        usage=_completion_usage(completion.get("usage")),
        whole=completion,
    )


def _completion_usage(usage: Json | None) -> Usage | None:
    if usage is None:
        return None
    prompt, completion = (
        usage.get("prompt_tokens_details") or {},
        usage.get("completion_tokens_details") or {},
    )
    return Usage(
        usage["prompt_tokens"],
        usage["completion_tokens"],
        prompt.get("cached_tokens") or 0,
        prompt.get("cache_write_tokens") or 0,
        completion.get("reasoning_tokens") or 0,
    )


def _parsed(arguments: Any) -> Any:
    try:
        return json.loads(arguments)
    except (TypeError, ValueError):
        return arguments
