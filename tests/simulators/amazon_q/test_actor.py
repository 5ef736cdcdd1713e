"""What the model does of its own accord."""

import json

import pytest

from isthmus.simulators.amazon_q.actor import TEXT, THOUGHT
from isthmus.simulators.amazon_q.simulator import Simulator
from simulators.amazon_q.asking import (
    CITY,
    asked,
    calls_of,
    chat,
    events,
    result,
    said,
    text_of,
    tool,
    use,
    user,
)


def answer(simulator: Simulator, *args: object, **more: object) -> list[tuple[str, dict[str, object]]]:
    [account] = simulator.people.accounts.values()
    return events(asked(simulator, account, chat(*args, **more)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        ("Tell me something.", TEXT),
        ("Reply with the single word pong and nothing else.", "pong"),
        ("Write exactly this and nothing else: alpha bravo", "alpha bravo"),
        ("Count from 1 to 5, separated by spaces.", "1 2 3 4 5"),
        (f"Answer in JSON by this schema: {json.dumps(CITY)}", '{"city": "example"}'),
    ],
)
def test_words(simulator: Simulator, request_: str, wanted: str) -> None:
    [account] = simulator.people.accounts.values()
    assert text_of(asked(simulator, account, chat(request_))) == wanted


def test_it_finishes_a_task_and_tells_the_end(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    task, tools = "What is the weather in Paris?", [tool()]
    first = asked(simulator, account, chat(task, tools=tools))
    assert calls_of(first) == [("get_weather", {"city": "Paris"})]
    history = [user(task), said("I ask.", toolUses=[use("a", city="Paris")])]
    assert text_of(
        asked(simulator, account, chat("", history=history, results=[result("a")], tools=tools))
    ) == ("The tool answered: sunny")
    failed = chat("", history=history, results=[result("a", "no such city", "error")], tools=tools)
    assert text_of(asked(simulator, account, failed)) == "The tool failed: no such city"


def test_a_task_of_two_steps(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    task = "What is the weather in Paris, then what is the weather in Rome?"
    history = [user(task), said("", toolUses=[use("a", city="Paris")])]
    second = asked(simulator, account, chat("", history=history, results=[result("a")], tools=[tool()]))
    assert calls_of(second) == [("get_weather", {"city": "Rome"})]


def test_it_thinks_where_it_is_let(simulator: Simulator) -> None:
    for display, shown in (("summarized", THOUGHT), ("omitted", "")):
        fields = {"thinking": {"type": "adaptive", "display": display}}
        told = [
            row
            for name, row in answer(simulator, additionalModelRequestFields=fields)
            if name == "reasoningContentEvent"
        ]
        assert "".join(str(row.get("text", "")) for row in told) == shown
        assert "signature" in told[-1]
    quiet = {"thinking": {"type": "disabled"}}
    assert "reasoningContentEvent" not in dict(answer(simulator, additionalModelRequestFields=quiet))


def test_a_limit_is_kept(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    body = chat("Count from 1 to 3000", additionalModelRequestFields={"max_tokens": 1024})
    found = asked(simulator, account, body)
    assert text_of(found).split()[-1] == "1024"
    assert events(found)[-1][1]["stopReason"] == "MAX_TOKENS"
