from isthmus.core.errors import (
    BadRequest,
    Kind,
    Next,
    NoAccess,
    Scope,
    UpstreamError,
    UpstreamProtocolError,
    rejected,
)


def test_a_rejected_capability_is_the_whole_message() -> None:
    error = rejected("image_block", "messages.0.content.1")
    assert error.message == "capability_rejected: image_block"
    assert error.kind is Kind.CAPABILITY
    assert error.field == "messages.0.content.1"


def test_the_clients_fault_is_invalid_unless_said_otherwise() -> None:
    assert BadRequest("no").kind is Kind.INVALID_REQUEST
    assert str(BadRequest("no")) == "no"


def test_an_upstream_error_says_what_may_be_tried() -> None:
    error = UpstreamError("limit", kind=Kind.RATE_LIMIT, status=429, next=Next.OTHER_ACCOUNT, cooldown_s=30)
    assert (error.status, error.next, error.cooldown_s) == (429, Next.OTHER_ACCOUNT, 30)
    assert error.should_retry is None
    assert UpstreamError("quota", should_retry=False).should_retry is False
    assert UpstreamProtocolError("cut").kind is Kind.UPSTREAM
    assert UpstreamProtocolError("cut").next is Next.SAME


def test_an_upstream_error_is_about_one_model_unless_said_otherwise() -> None:
    assert UpstreamError("limit").scope is Scope.MODEL
    assert UpstreamError("quota", scope=Scope.ACCOUNT).scope is Scope.ACCOUNT


def test_without_access_another_account_is_asked_and_the_operator_told_what_to_do() -> None:
    error = NoAccess()
    assert (error.status, error.next, error.scope) == (401, Next.OTHER_ACCOUNT, Scope.CREDENTIAL)
    assert "give the account another one" in error.detail
    assert "another one" not in error.message, "that is for the operator"
