"""What must hold of every body that is sent, told anew for tests: nothing here is shared with the code that writes or checks it."""

from __future__ import annotations

import json
import re
from typing import Any

LEGAL = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


def violations(body: bytes) -> list[str]:
    """Every rule of the service that the body breaks; none for a good one."""
    sent: dict[str, Any] = json.loads(body)
    state = sent["conversationState"]
    found: list[str] = []
    if set(sent) - {"conversationState", "profileArn", "additionalModelRequestFields"}:
        found.append("unknown member")
    if state["chatTriggerType"] != "MANUAL":
        found.append("trigger")
    history = state.get("history", [None])
    if history == []:
        found.append("empty history")
    entries = [*filter(None, history), state["currentMessage"]]
    roles = ["u" if "userInputMessage" in entry else "a" for entry in entries]
    if any(len(entry) != 1 for entry in entries):
        found.append("a message of two kinds")
    if "".join(roles) != ("ua" * len(roles))[: len(roles)] or roles[-1] != "u":
        found.append(f"order {roles}")
    tools = state["currentMessage"]["userInputMessage"].get("userInputMessageContext", {}).get("tools", [])
    names = [tool["toolSpecification"]["name"] for tool in tools if "toolSpecification" in tool]
    found += _of_tools(tools, names)
    waiting: list[str] = []
    seen: list[str] = []
    for at, entry in enumerate(entries):
        if "assistantResponseMessage" in entry:
            answer = entry["assistantResponseMessage"]
            uses = answer.get("toolUses", [])
            waiting = [use["toolUseId"] for use in uses]
            seen += waiting
            found += [f"input of {use}" for use in uses if not isinstance(use["input"], dict)]
            found += [f"undeclared {use['name']}" for use in uses if use["name"] not in names]
            if not answer["content"].strip() and not uses:
                found.append(f"answer {at} says nothing")
            continue
        message = entry["userInputMessage"]
        context = message.get("userInputMessageContext", {})
        results = context.get("toolResults", [])
        if [result["toolUseId"] for result in results] != waiting:
            found.append(f"results in {at}")
        waiting = []
        last = at == len(entries) - 1
        if not last and ("tools" in context or "images" in message or "documents" in message):
            found.append(f"tools or files in {at}")
        if results and message.get("images"):
            found.append("images beside results")
        if not message["content"].strip() and not results:
            found.append(f"question {at} says nothing")
        if not message["modelId"] or not message["origin"]:
            found.append("no model")
        for result in results:
            if result["status"] not in {"success", "error"} or not result["content"][0]["text"].strip():
                found.append(f"result in {at}")
        found += [
            f"format {image['format']}"
            for image in message.get("images", [])
            if image["format"] not in IMAGES
        ]
    if len(set(seen)) < len(seen):
        found.append("an id twice")
    return found + [f"id {id}" for id in seen if not LEGAL.match(id)]


IMAGES = {"png", "jpeg", "gif", "webp"}


def _of_tools(tools: list[Any], names: list[str]) -> list[str]:
    found = [f"name {name}" for name in names if not LEGAL.match(name)]
    if len(set(names)) < len(names):
        found.append("declared twice")
    for tool in tools:
        if "cachePoint" in tool:
            continue
        told = tool["toolSpecification"]
        if not 1 <= len(told["description"]) <= 10_240:
            found.append(f"description of {told['name']}")
        schema = told["inputSchema"]["json"]
        if schema["type"] != "object" or not isinstance(schema["properties"], dict) or "$schema" in schema:
            found.append(f"schema of {told['name']}")
        if '"$ref"' in json.dumps({**schema, "properties": {}}):
            found.append(f"reference in {told['name']}")
    return found
