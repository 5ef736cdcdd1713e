import json

from isthmus.simulators.claude_web.answers import page, refused, whole_json
from isthmus.simulators.claude_web.refusals import Refusal


def test_json_is_written_as_utf8() -> None:
    answer = whole_json({"name": "größer"}, 201)
    assert (answer.status, answer.content_type) == (201, "application/json")
    assert answer.body == '{"name":"größer"}'.encode()


def test_a_refusal_names_its_request_in_body_and_header() -> None:
    answer = refused(Refusal(429, "rate_limit_error", "slow", headers={"retry-after": "5"}), "req_1")
    assert json.loads(answer.body)["request_id"] == "req_1"
    assert answer.headers == {"request-id": "req_1", "retry-after": "5"}


def test_a_page_is_html() -> None:
    answer = page(502, "502 Bad Gateway")
    assert answer.content_type.startswith("text/html")
    assert b"<title>502 Bad Gateway</title>" in answer.body
