import pytest

from isthmus.simulators.claude_web.refusals import Refusal, is_uuid, not_found, session_invalid


def test_a_refusal_is_told_in_the_one_shape_of_the_service() -> None:
    assert Refusal(429, "rate_limit_error", "slow down").body("req_1") == {
        "type": "error",
        "error": {
            "type": "rate_limit_error",
            "message": "slow down",
            "details": {"error_visibility": "user_facing"},
        },
        "request_id": "req_1",
    }


def test_a_dead_session_is_known_by_its_code() -> None:
    refusal = session_invalid()
    assert refusal.status == 403
    assert refusal.body("r")["error"]["details"]["error_code"] == "account_session_invalid"
    assert not_found("File").status == 404


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("00000000-0000-4000-8000-000000000000", True),
        ("00000000-0000-4000-8000-00000000000", False),
        ("nonsense", False),
        (None, False),
        (4, False),
    ],
)
def test_uuids_are_known(value: object, right: bool) -> None:
    assert is_uuid(value) is right
