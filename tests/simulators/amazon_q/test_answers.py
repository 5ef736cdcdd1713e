"""What an answer may be."""

import json

from isthmus.simulators.amazon_q.answers import Refusal, whole


def test_a_refusal_is_called_by_its_rule_else_by_what_the_service_says() -> None:
    assert Refusal("no", rule="own", reason="R").rule == "own"
    assert Refusal("no", reason="R").rule == "R"
    assert Refusal("no", name="N").rule == "N"


def test_a_whole_answer_is_json() -> None:
    answer = whole({"a": 1}, 201, {"x": "y"})
    assert (json.loads(answer.body), answer.status, answer.headers) == ({"a": 1}, 201, {"x": "y"})
