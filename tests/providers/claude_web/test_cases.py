"""One row for each class of failure, and what it does to an account."""

import pytest

from isthmus.core.errors import Next, Scope
from isthmus.providers.claude_web import cases
from isthmus.providers.claude_web.cases import Case, case_of


@pytest.mark.parametrize(
    ("status", "type", "code", "message", "case"),
    [
        (401, "authentication_error", "", "Invalid session.", cases.SESSION_INVALID),
        (403, "permission_error", "account_session_invalid", "Invalid authorization.", cases.SESSION_INVALID),
        (400, "invalid_request_error", "", "This organization has been disabled.", cases.ORG_DISABLED),
        (403, "permission_error", "", "You may not do this.", cases.PERMISSION),
        (403, "permission_error", "", "Opus is not available on your plan.", cases.MODEL_UNAVAILABLE),
        (400, "invalid_request_error", "", "model: x is not a known model", cases.MODEL_UNAVAILABLE),
        (429, "rate_limit_error", "opus_messages_rate_limit_exceeded", "", cases.RATE_LIMITED),
        (429, "rate_limit_error", "", "Slow down.", cases.LIMITED_SOMEHOW),
        (529, "overloaded_error", "", "Overloaded", cases.OVERLOADED),
        (200, "overloaded_error", "", "Overloaded", cases.OVERLOADED),
        (413, "request_too_large", "", "", cases.TOO_LONG),
        (400, "invalid_request_error", "", "prompt is too long: 2 tokens > 1 maximum", cases.TOO_LONG),
        (400, "invalid_request_error", "", "It would exceed the context", cases.TOO_LONG),
        (400, "invalid_request_error", "", "max_tokens: Extra inputs are not permitted", cases.BAD_REQUEST),
        (422, "", "", "", cases.BAD_REQUEST),
        (404, "not_found_error", "", "Conversation not found", cases.CONVERSATION_GONE),
        (403, "permission_error", "subscription_past_due", "", cases.BILLING),
        (403, "permission_error", "read_only_mode", "", cases.READ_ONLY),
        (402, "billing_error", "", "", cases.BILLING),
        *[(status, "api_error", "", "", cases.SERVER) for status in (500, 502, 503, 520, 522)],
        *[(status, "", "", "", cases.LATE) for status in (504, 524)],
    ],
)
def test_every_class(status: int, type: str, code: str, message: str, case: Case) -> None:
    assert case_of(status, type, code, message) is case


ALL = [each for each in vars(cases).values() if isinstance(each, Case)]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_only_words_about_an_account_switch_it_off(case: Case) -> None:
    assert (case.scope is Scope.CREDENTIAL) is (case in (cases.SESSION_INVALID, cases.ORG_DISABLED))


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_an_account_that_rests_says_for_how_long_or_asks(case: Case) -> None:
    if case.scope is Scope.ACCOUNT:
        assert case.cooldown_s is not None or case.remedy is cases.Remedy.ASK_USAGE
    if case is cases.BOT_CHECK:
        assert case.next is Next.NOTHING and "blocked" in case.says
