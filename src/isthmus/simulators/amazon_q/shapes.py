"""Which members the service's requests have, and what kind of value each takes (published client `codewhisperer-streaming`, 1.0.45)."""

from __future__ import annotations

from typing import Any, Final

from isthmus.simulators.amazon_q.answers import Json, Refusal

IMPROPER: Final = "Improperly formed request."

ORIGINS: Final = frozenset(
    "AI_EDITOR CHATBOT CLI CONSOLE DOCUMENTATION GITLAB IDE INLINE_CHAT KIRO_CLI KIRO_WEB MARKETING MD MD_CE MD_IDE MOBILE "
    "OPENSEARCH_DASHBOARD Q_DEV_BEXT SAGE_MAKER SERVICE_INTERNAL SM_AI_STUDIO_IDE UNIFIED_SEARCH UNKNOWN".split()
)
TRIGGERS: Final = frozenset(("MANUAL", "DIAGNOSTIC", "INLINE_CHAT"))
TASKS: Final = frozenset(("vibe", "spectask"))

# Member → what it takes: a type, a set of words, or the name of a shape; `*` stands before what must be there, `[…]` is a list.
SHAPES: Final[dict[str, dict[str, Any]]] = {
    "request": {
        "*conversationState": "state",
        "profileArn": str,
        "agentMode": str,
        "additionalModelRequestFields": dict,
    },
    "state": {
        "*currentMessage": "message",
        "*chatTriggerType": TRIGGERS,
        "conversationId": str,
        "history": ["message"],
        "customizationArn": str,
        "workspaceId": str,
        "agentContinuationId": str,
        "agentTaskType": TASKS,
    },
    "message": {"userInputMessage": "user", "assistantResponseMessage": "assistant"},
    "user": {
        "*content": str,
        "userInputMessageContext": "context",
        "userIntent": str,
        "origin": ORIGINS,
        "images": ["image"],
        "documents": ["document"],
        "modelId": str,
        "cachePoint": "cache",
        "clientCacheConfig": dict,
    },
    "context": {
        "tools": ["tool"],
        "toolResults": ["result"],
        "envState": "environment",
        "additionalContext": ["extra"],
        "editorState": dict,
        "shellState": dict,
        "gitState": dict,
        "diagnostic": dict,
        "consoleState": dict,
        "appStudioContext": dict,
        "userSettings": dict,
    },
    "environment": {
        "operatingSystem": frozenset(("macos", "linux", "windows")),
        "currentWorkingDirectory": str,
        "environmentVariables": [dict],
        "timezoneOffset": int,
    },
    "extra": {"*name": str, "*description": str, "*innerContext": str},
    "tool": {"toolSpecification": "specification", "cachePoint": "cache"},
    "specification": {"*name": str, "*inputSchema": "schema", "description": str},
    "schema": {"*json": dict},
    "cache": {"*type": frozenset(("default",))},
    "result": {
        "*toolUseId": str,
        "*content": ["part"],
        "status": frozenset(("success", "error")),
        "toolName": str,
    },
    "part": {"text": str, "json": object},
    "assistant": {
        "*content": str,
        "messageId": str,
        "toolUses": ["use"],
        "reasoningContent": "reasoning",
        "cachePoint": "cache",
        "references": [dict],
        "supplementaryWebLinks": [dict],
        "followupPrompt": dict,
    },
    "use": {"*toolUseId": str, "*name": str, "*input": dict},
    "reasoning": {"reasoningText": "thought", "redactedContent": str},
    "thought": {"*text": str, "signature": str},
    "image": {"*format": frozenset(("png", "jpeg", "gif", "webp")), "*source": "source"},
    "document": {
        "*name": str,
        "*format": frozenset("csv doc docx html md pdf txt xls xlsx".split()),
        "*source": "source",
    },
    "source": {"*bytes": str},
}
UNIONS: Final = frozenset(("message", "tool", "part", "reasoning"))
"""Of whose members exactly one is there."""


def improper(rule: str, detail: str, reason: str | None = "REQUEST_BODY_INVALID") -> Refusal:
    """The service says no more than that the request is improper; `detail` is for whoever reads the simulator's log."""
    return Refusal(IMPROPER, reason=reason, rule=f"{rule}: {detail}")


def check_shape(name: str, value: Any, path: str = "") -> None:
    """Raises `Refusal` for a member that is missing, unknown or of another kind. Null is the same as left out."""
    if not isinstance(value, dict):
        raise improper("member-kind", f"{path or 'the body'} is no object")
    members: Json = {member.removeprefix("*"): kind for member, kind in SHAPES[name].items()}
    given = {member: each for member, each in value.items() if each is not None}
    if unknown := given.keys() - members.keys():
        raise improper("unknown-member", f"{path}.{min(unknown)}")
    for member in SHAPES[name]:
        if member.startswith("*") and member[1:] not in given:
            raise improper("missing-member", f"{path}.{member[1:]}")
    if name in UNIONS and len(given) != 1:
        raise improper("union", f"{path} has {len(given)} of {', '.join(members)}")
    for member, each in given.items():
        _check_value(members[member], each, f"{path}.{member}".lstrip("."))


def _check_value(kind: Any, value: Any, path: str) -> None:
    match kind:
        case str():
            check_shape(kind, value, path)
        case [inner]:
            if not isinstance(value, list):
                raise improper("member-kind", f"{path} is no list")
            for at, each in enumerate(value):
                _check_value(inner, each, f"{path}[{at}]")
        case frozenset():
            if not isinstance(value, str) or value not in kind:
                raise improper("unknown-word", f"{path} is {value!r}"[:200])
        case _:
            if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                raise improper("member-kind", f"{path} is no {kind.__name__}")
