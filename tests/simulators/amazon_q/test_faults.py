"""Each fault once: for an account, by a marker and by a model's name."""

import json

import pytest

from isthmus.simulators.amazon_q.answers import Whole
from isthmus.simulators.amazon_q.faults import EVERYWHERE, FAULTS, STRANGE, known, refusal
from isthmus.simulators.amazon_q.simulator import Simulator
from simulators.amazon_q.asking import asked, bearer, chat, request, text_of


@pytest.mark.parametrize("name", FAULTS)
def test_a_refusal_reaches_the_client_whoever_ordered_it(simulator: Simulator, name: str) -> None:
    [account] = simulator.people.accounts.values()
    row = FAULTS[name]
    simulator.fail(account, name)
    answers = [asked(simulator, account, chat())]
    answers.append(asked(simulator, account, chat(f"Hello [[sim: {name}]]")))
    answers.append(asked(simulator, account, chat(model=f"sim-{name}")))
    for answer in answers:
        assert isinstance(answer, Whole)
        assert (answer.status, json.loads(answer.body)) == (
            row.status,
            {"message": row.message, "reason": row.reason},
        )
        assert answer.headers["x-amzn-errortype"].startswith(f"{row.name}:")
        assert answer.headers.get("retry-after") == row.retry_after
    assert text_of(asked(simulator, account, chat()))


@pytest.mark.parametrize("name", STRANGE)
def test_strange_answers(simulator: Simulator, name: str) -> None:
    [account] = simulator.people.accounts.values()
    account.fault = name
    assert asked(simulator, account, chat()) is STRANGE[name]
    account.fault = ""
    assert asked(simulator, account, chat(f"Hello [[sim: {name}]]")) is STRANGE[name]


def test_a_time_to_come_back() -> None:
    assert refusal("throttled", "30").headers == {"retry-after": "30"}
    assert refusal("throttled").headers == {}
    assert refusal("throttled-after").headers == {"retry-after": "7"}
    assert known("throttled 30")
    assert known("")
    assert not known("astonished")


def test_who_is_shut_out_is_shut_out_of_everything(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()

    def limits() -> int:
        answer = simulator.answer(request("/q/getUsageLimits", method="GET", headers=bearer(account)))
        assert isinstance(answer, Whole)
        return answer.status

    for name in FAULTS:
        account.fault = name
        assert (limits() == 200) == (name not in EVERYWHERE), name
    account.fault, account.control_fault = "", "500"
    assert limits() == 500
    assert text_of(asked(simulator, account, chat()))
