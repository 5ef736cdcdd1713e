import pytest

from isthmus.core.errors import Kind, Next, Scope
from isthmus.providers.claude_code.errors import Failures, Trouble

NOW = 1_795_260_000.0
FAILURES = Failures("mine", lambda: NOW)


@pytest.mark.parametrize(
    ("trouble", "kind", "status", "next"),
    [
        (
            Trouble(
                "Invalid API key · Fix external API key", "authentication_failed", 401, "authentication_error"
            ),
            Kind.UPSTREAM,
            401,
            Next.OTHER_ACCOUNT,
        ),
        (Trouble("Credit balance is too low", "billing_error", 402), Kind.UPSTREAM, 402, Next.OTHER_ACCOUNT),
        (
            Trouble("There's an issue with the model", "model_not_found", 404),
            Kind.MODEL_NOT_FOUND,
            404,
            Next.NOTHING,
        ),
        (
            Trouble("API Error: Request rejected (429) · Slow down.", "rate_limit", 429, "rate_limit_error"),
            Kind.RATE_LIMIT,
            429,
            Next.OTHER_ACCOUNT,
        ),
        (
            Trouble("API Error: Overloaded", "server_error", 529, "overloaded_error"),
            Kind.OVERLOADED,
            529,
            Next.SAME,
        ),
        (Trouble("API Error: 502 Bad Gateway", "server_error", 502), Kind.UPSTREAM, 502, Next.SAME),
        (Trouble("API Error: Connection was lost", "server_error"), Kind.UPSTREAM, 0, Next.SAME),
        (Trouble("Request too large (max 32MB)", "invalid_request", 413), Kind.TOO_LARGE, 413, Next.NOTHING),
        (Trouble("Something new", "astonished"), Kind.UPSTREAM, 0, Next.SAME),
    ],
)
def test_each_failure_says_what_may_be_tried(trouble: Trouble, kind: Kind, status: int, next: Next) -> None:
    error = FAILURES.of(trouble)
    assert (error.kind, error.status, error.next) == (kind, status, next)


def test_a_failure_is_said_with_the_status_that_it_had() -> None:
    error = FAILURES.of(Trouble("API Error: 502 broken", "server_error", 502, "api_error"))
    assert (error.status, error.kind) == (502, Kind.UPSTREAM)
    assert "(502)" in error.message


def test_the_api_s_own_words_for_a_bad_request_reach_the_client_alone() -> None:
    error = FAILURES.of(
        Trouble("API Error: 400 tools.0: Extra inputs", "invalid_request", 400, "invalid_request_error")
    )
    assert error.kind is Kind.INVALID_REQUEST
    assert error.message == "tools.0: Extra inputs"


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(
            "Prompt is too long · the request is ~1005000 tokens (limit 1000000) but this conversation is only ~20",
            "invalid_request",
            400,
        ),
        Trouble("prompt is too long: 1005000 tokens > 1000000 maximum", None, 400),
    ],
)
def test_what_is_too_long_is_said_so_that_clients_act_on_it(trouble: Trouble) -> None:
    error = FAILURES.of(trouble)
    assert (error.kind, error.tokens, error.limit) == (Kind.CONTEXT_OVERFLOW, 1_005_000, 1_000_000)
    assert error.message == "prompt is too long: 1005000 tokens > 1000000 maximum"


def test_a_prompt_that_the_cli_itself_finds_too_long_needs_no_figures() -> None:
    error = FAILURES.of(Trouble("No room", None, None, None, "blocking_limit"))
    assert (error.kind, error.message) == (Kind.CONTEXT_OVERFLOW, "the conversation does not fit its model")


def test_a_limit_of_a_subscription_holds_until_it_counts_anew() -> None:
    error = FAILURES.of(Trouble("You've hit your 5-hour limit · resets 3pm", "rate_limit"), NOW + 90)
    assert (error.kind, error.cooldown_s, error.retry_after_s) == (Kind.RATE_LIMIT, 90, 90)
    assert error.scope is Scope.ACCOUNT
    assert FAILURES.of(Trouble("limit", "rate_limit", 429), NOW - 5).cooldown_s == 0


def test_nobody_signed_in_is_told_the_way_in() -> None:
    error = FAILURES.of(Trouble("Not logged in · Please run /login", "authentication_failed"))
    assert error.scope is Scope.CREDENTIAL
    assert "claude setup-token" in error.message


def test_a_lost_process_may_be_tried_again() -> None:
    error = FAILURES.lost("while answering")
    assert (error.next, error.detail) == (Next.SAME, "while answering")
    assert "'mine'" in error.message
