import json

from msgspec import Raw

from isthmus.core.survey import Quota
from isthmus.providers.claude_code.limits import read


def told(**info: object) -> Raw:
    return Raw(json.dumps(info).encode())


def test_allowances_are_told_beside_an_answer() -> None:
    windows = {
        "five_hour": {"utilization": 0.91, "resetsAt": 1_795_270_000, "status": "allowed_warning"},
        "seven_day": {},
    }
    found = read(told(status="allowed_warning", rateLimitType="five_hour", unifiedWindows=windows))
    assert found is not None
    assert found.quotas == (Quota("five_hour", 91.0, 100.0, "%", 1_795_270_000_000),)
    assert found.resets_at_s is None


def test_a_limit_that_is_reached_says_until_when() -> None:
    found = read(told(status="rejected", rateLimitType="seven_day", utilization=1.0, resetsAt=1_795_270_000))
    assert found is not None
    assert found.resets_at_s == 1_795_270_000
    assert found.quotas == (Quota("seven_day", 100.0, 100.0, "%", 1_795_270_000_000),)


def test_what_cannot_be_read_is_nothing() -> None:
    assert read(told(status=3)) is None
    assert read(Raw(b"")) is None
