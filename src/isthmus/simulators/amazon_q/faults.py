"""Every way in which the service refuses a request that is in order, by name. One name is used for accounts, models and markers.

Statuses and reasons are those of the vendor's published clients, the texts as they were reported by users of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from isthmus.simulators.amazon_q.answers import Answer, HangUp, Refusal, Silence, Whole

_DENIED: Final = "AccessDeniedException"
_QUOTA: Final = "ServiceQuotaExceededException"
_THROTTLED: Final = "ThrottlingException"
_INTERNAL: Final = "InternalServerException"
_INVALID: Final = "ValidationException"
_CONFLICT: Final = "ConflictException"
_WAIT: Final = "Too many requests, please wait before trying again."
_LIMIT: Final = "You have reached the limit."
_IMPROPER: Final = "Improperly formed request."
BAD_TOKEN: Final = "The bearer token included in the request is invalid."  # noqa: S105 - what the service says


@dataclass(frozen=True, slots=True)
class Fault:
    status: int
    name: str
    message: str
    reason: str | None = None
    retry_after: str | None = None
    """Default of the header; an argument after the fault's name stands above it."""


FAULTS: Final[dict[str, Fault]] = {
    "expired": Fault(403, _DENIED, BAD_TOKEN),
    "expired-401": Fault(401, "UnauthorizedException", BAD_TOKEN),
    "not-signed-up": Fault(403, _DENIED, "User is not authorized to make this call."),
    "suspended": Fault(403, _DENIED, "Your User ID (sim) temporarily is suspended. We have locked it as a security precaution.",
                       "TEMPORARILY_SUSPENDED"),
    "gate": Fault(403, _DENIED, "This feature is not supported.", "FEATURE_NOT_SUPPORTED"),
    "subscription": Fault(403, _DENIED, "Your subscription does not support this application."),
    "customization": Fault(403, _DENIED, "You are not authorized to use this customization.",
                           "UNAUTHORIZED_CUSTOMIZATION_RESOURCE_ACCESS"),
    "workspace": Fault(403, _DENIED, "You are not authorized to use this workspace context.",
                       "UNAUTHORIZED_WORKSPACE_CONTEXT_FEATURE_ACCESS"),
    "monthly": Fault(402, _QUOTA, _LIMIT, "MONTHLY_REQUEST_COUNT"),
    "monthly-429": Fault(429, _THROTTLED, "Maximum Request reached for this month.", "MONTHLY_REQUEST_COUNT"),
    "monthly-400": Fault(400, _THROTTLED, "Maximum Request reached for this month.", "MONTHLY_REQUEST_COUNT"),
    "overage": Fault(402, _QUOTA, "You've reached your overage limit.", "OVERAGE_REQUEST_LIMIT_EXCEEDED"),
    "daily": Fault(429, _THROTTLED, _LIMIT, "DAILY_REQUEST_COUNT"),
    "conversation-limit": Fault(402, _QUOTA, "The conversation limit is exceeded.", "CONVERSATION_LIMIT_EXCEEDED"),
    "throttled": Fault(429, _THROTTLED, _WAIT),
    "throttled-after": Fault(429, _THROTTLED, _WAIT, None, "7"),
    "throttled-hour": Fault(429, _THROTTLED, "60-minute credit limit exceeded"),
    "throttled-400": Fault(400, _THROTTLED, _WAIT),
    "model-full": Fault(429, _THROTTLED, "I am experiencing high traffic, please try again shortly.", "INSUFFICIENT_MODEL_CAPACITY"),
    "high-load": Fault(500, _INTERNAL, "Encountered unexpectedly high load when processing the request, please try again."),
    "model-unavailable": Fault(500, _INTERNAL, "The model is temporarily unavailable.", "MODEL_TEMPORARILY_UNAVAILABLE"),
    "500": Fault(500, _INTERNAL, "Encountered an unexpected error when processing the request, please try again."),
    "502": Fault(502, "BadGatewayException", "Bad gateway"),
    "503": Fault(503, "ServiceUnavailableException", "Service unavailable"),
    "504": Fault(504, "GatewayTimeoutException", "Gateway time-out"),
    "overflow": Fault(400, _INVALID, "Input is too long.", "CONTENT_LENGTH_EXCEEDS_THRESHOLD"),
    "prompt-too-long": Fault(400, _INVALID, "Input is too long.", "PROMPT_TOO_LONG"),
    "improper": Fault(400, _INVALID, _IMPROPER),
    "body-invalid": Fault(400, _INVALID, _IMPROPER, "REQUEST_BODY_INVALID"),
    "tool-schema": Fault(400, _INVALID, "toolConfig.tools.0.toolSpec.inputSchema.json.type is not valid.", "TOOL_SCHEMA_INVALID"),
    "result-mismatch": Fault(400, _INVALID, "The number of toolResult blocks exceeds the number of toolUse blocks of previous turn.",
                             "TOOL_USE_RESULT_MISMATCH"),
    "signature": Fault(400, _INVALID, "The signature of a thought is not valid.", "THINKING_SIGNATURE_INVALID"),
    "image": Fault(400, _INVALID, "The image is too large.", "IMAGE_SIZE_EXCEEDED"),
    "document": Fault(400, _INVALID, "The document is too large.", "DOCUMENT_SIZE_EXCEEDED"),
    "model-id": Fault(400, _INVALID, "Invalid model. Please select a different model to continue.", "INVALID_MODEL_ID"),
    "conversation-id": Fault(400, _INVALID, "The conversation id is not valid.", "INVALID_CONVERSATION_ID"),
    "no-profile": Fault(400, _INVALID, "profileArn is required for this request."),
    "kms": Fault(400, _INVALID, "The grant of the customer's key is not valid.", "INVALID_KMS_GRANT"),
    "kms-409": Fault(409, _CONFLICT, "The customer's key is disabled.", "CUSTOMER_KMS_KEY_DISABLED"),
    "kms-mismatch": Fault(409, _CONFLICT, "The customer's key is another one.", "MISMATCHED_KMS_KEY"),
    "404": Fault(404, "ResourceNotFoundException", "The resource was not found."),
    "unknown-4xx": Fault(418, "TeapotException", "I am a teapot.", "SHORT_AND_STOUT"),
    "unknown-5xx": Fault(529, "AstonishedException", "Nobody expected this."),
}  # fmt: skip
EVERYWHERE: Final = frozenset(("expired", "expired-401", "not-signed-up", "suspended", "gate"))
"""What shuts an account out of control calls, too."""

HTML: Final = Whole(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", content_type="text/html")
STRANGE: Final[dict[str, Answer]] = {
    "html-502": HTML,
    "html-200": Whole(200, HTML.body, content_type="text/html"),
    "json-200": Whole(200, b'{"message":null}'),
    "hang": Silence(),
    "hang-up": HangUp(),
}
"""Answers that are none of the service's own."""


def refusal(name: str, argument: str = "") -> Refusal:
    """`argument`: seconds for `retry-after`."""
    row = FAULTS[name]
    after = argument or row.retry_after
    headers = {"retry-after": after} if after else {}
    return Refusal(
        row.message, status=row.status, name=row.name, reason=row.reason, rule=name, headers=headers
    )


def strike(written: str) -> Answer | None:
    """What the fault of an account does: `NAME` or `NAME SECONDS`. Raises `Refusal`, or gives an answer; None for one that is none
    of these."""
    name, _, argument = written.partition(" ")
    if name in FAULTS:
        raise refusal(name, argument.strip())
    return STRANGE.get(name)


def known(written: str) -> bool:
    """Empty is no fault, and known."""
    name = written.partition(" ")[0]
    return not name or name in FAULTS or name in STRANGE
