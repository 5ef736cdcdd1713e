import json
from email.utils import parsedate_to_datetime

import pytest

from isthmus.simulators.claude_web import limits
from isthmus.simulators.claude_web.effects import Instead, Moment
from isthmus.simulators.claude_web.quota import Quota

MOMENT = Moment(1_790_000_000, "req_1")
RESET = 1_790_003_600


def test_the_limit_object_is_the_message() -> None:
    answer = limits.embedded(MOMENT)
    limit = json.loads(json.loads(answer.body)["error"]["message"])
    assert (answer.status, limit["type"], limit["resetsAt"]) == (429, "exceeded_limit", RESET)
    assert limit["windows"]["5h"] == {
        "status": "exceeded_limit",
        "resets_at": RESET,
        "utilization": 1.02,
        "surpassed_threshold": 1.0,
    }


def test_a_family_and_a_crowd_are_told_apart_from_an_account() -> None:
    family = json.loads(json.loads(limits.embedded_for_a_family(MOMENT).body)["error"]["message"])
    assert (family["perModelLimit"], family["resetsAt"]) == (True, RESET)
    crowd = json.loads(json.loads(limits.embedded_concurrents(MOMENT).body)["error"]["message"])
    assert (crowd["representativeClaim"], crowd["resetsAt"]) == ("concurrents", None)


def test_a_true_limit_is_told_in_the_same_words() -> None:
    quota = Quota.of({"5h": 1})
    quota.charge(MOMENT.now_s, "claude-sonnet-5")
    refusal = limits.exceeded(quota.limit(MOMENT.now_s, "claude-sonnet-5"))
    assert refusal.status == 429
    assert json.loads(refusal.message)["resetsAt"] == 1_790_018_000


@pytest.mark.parametrize(
    ("form", "wanted"), [("s", str(RESET)), ("ms", f"{RESET}000"), ("from-now", "3600"), ("text", "3600")]
)
def test_headers_carry_the_time(form: str, wanted: str) -> None:
    answer = limits.in_headers("x-when", form).make(MOMENT)
    assert answer.headers == {"x-when": wanted}
    assert "reset" not in answer.body.decode()


def test_a_date_in_a_header_is_a_date() -> None:
    answer = limits.in_headers("retry-after", "http-date").make(MOMENT)
    assert parsedate_to_datetime(answer.headers["retry-after"]).timestamp() == RESET


@pytest.mark.parametrize(
    ("effect", "where", "wanted"),
    [
        (limits.in_body("retry_after", "text"), (), "3600"),
        (limits.in_body("retry_after", "from-now"), (), 3600),
        (limits.in_body("reset_at", "rfc3339"), (), "2026-09-21T15:13:20.000000+00:00"),
        (limits.in_body("resets_at", "s", in_error=True), ("error",), RESET),
    ],
)
def test_bodies_carry_the_time(effect: Instead, where: tuple[str, ...], wanted: object) -> None:
    answer = effect.make(MOMENT)
    body = json.loads(answer.body)
    for name in where:
        body = body[name]
    assert wanted in body.values()
    assert answer.headers == {}


def test_words_carry_the_time_or_nothing_does() -> None:
    assert "until 3:13 PM" in json.loads(limits.as_clock_text(MOMENT).body)["error"]["message"]
    assert limits.nowhere(MOMENT).body.count(b"17900") == 0
