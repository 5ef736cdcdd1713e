"""The small calls around the conversation: models, profiles, limits, and the search tool."""

from __future__ import annotations

import json
from typing import Any, Final

from isthmus.simulators.amazon_q.accounts import Account
from isthmus.simulators.amazon_q.answers import Answer, Json, Refusal, whole
from isthmus.simulators.amazon_q.behaviours import LISTED, model_called
from isthmus.simulators.amazon_q.models import DEFAULT, MODELS, Model, offered
from isthmus.simulators.amazon_q.quota import usage_limits
from isthmus.simulators.amazon_q.shapes import ORIGINS

PAGE: Final = 50
MOST_PROFILES: Final = 10
_RESOURCES: Final = frozenset(("AGENTIC_REQUEST", "CREDIT"))


def models(account: Account, asked: Json) -> Answer:
    """ListAvailableModels. `origin` is required."""
    if asked.get("origin") not in ORIGINS:
        raise Refusal("origin is not valid.", rule="origin")
    rows = [model for model in models_of(account) if model.id not in account.lacks]
    size = _size(asked, PAGE, 100)
    start = _start(asked)
    told: Json = {
        "models": [model.shown() for model in rows[start : start + size]],
        "defaultModel": MODELS[DEFAULT].shown(),
    }
    return whole(_with_next(told, start + size, len(rows)))


def models_of(account: Account) -> list[Model]:
    known = offered(everything=account.profile_arn is not None)
    return [*known, *(model for name in LISTED if (model := model_called(name)) is not None)]


def profiles(account: Account, asked: Json, region: str | None) -> Answer:
    """ListAvailableProfiles, of one region."""
    if account.kind == "builder_id":
        raise Refusal(
            "AWS Builder ID is not supported for this operation.",
            status=403,
            name="AccessDeniedException",
            rule="builder-id",
        )
    size, start = _size(asked, MOST_PROFILES, MOST_PROFILES), _start(asked)
    here = region in (None, account.api_region)
    arns = [arn for arn in (account.profile_arn, *account.more_profiles) if arn and here]
    rows = [
        {"arn": arn, "profileName": f"profile-{number}", "status": "ACTIVE", "profileType": "Q_DEVELOPER"}
        for number, arn in enumerate(arns, 1)
    ]
    return whole(_with_next({"profiles": rows[start : start + size]}, start + size, len(rows)))


def limits(account: Account, asked: Json, now: float) -> Answer:
    """GetUsageLimits. An account may be made to know no `resourceType`, as some are reported to be."""
    resource = asked.get("resourceType")
    if resource is not None and (account.plain_limits or resource not in _RESOURCES):
        raise Refusal(
            "This feature is not supported.",
            status=403,
            name="AccessDeniedException",
            reason="FEATURE_NOT_SUPPORTED",
        )
    wanted = str(asked.get("isEmailRequired", "")).lower() == "true"
    return whole(usage_limits(account.quota, now, account.email if wanted else None))


def search(asked: Json) -> Answer:
    """InvokeMCP with the tool `web_search`."""
    given = (asked.get("params") or {}).get("arguments") or {}
    known = asked.get("method") == "tools/call" and (asked.get("params") or {}).get("name") == "web_search"
    query = given.get("query")
    if not known or not isinstance(query, str) or not 1 <= len(query) <= 200:
        return whole(
            {"jsonrpc": "2.0", "id": asked.get("id"), "error": {"code": -32602, "message": "Invalid params"}}
        )
    found = [
        {"title": f"About {query}", "url": "https://example.com/", "snippet": f"What is known of {query}."}
    ]
    content: list[Any] = [{"type": "text", "text": json.dumps({"results": found})}]
    return whole({"jsonrpc": "2.0", "id": asked.get("id"), "result": {"content": content, "isError": False}})


def _size(asked: Json, usual: int, most: int) -> int:
    try:
        size = int(asked.get("maxResults") or usual)
    except (TypeError, ValueError):
        size = 0
    if not 1 <= size <= most:
        raise Refusal("maxResults is not valid.", rule="page")
    return size


def _start(asked: Json) -> int:
    token = str(asked.get("nextToken") or "page-0")
    if not token.startswith("page-") or not token[5:].isdigit():
        raise Refusal("nextToken is not valid.", rule="page")
    return int(token[5:])


def _with_next(told: Json, end: int, size: int) -> Json:
    return {**told, **({"nextToken": f"page-{end}"} if end < size else {})}
