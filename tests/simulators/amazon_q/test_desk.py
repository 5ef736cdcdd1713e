"""What a judge in another process reads and sets."""

import pytest

from isthmus.simulators.amazon_q.simulator import Simulator
from simulators.amazon_q.asking import Json, asked, chat, request, told


def sim(simulator: Simulator, method: str, path: str, body: Json | None = None) -> Json:
    return told(simulator.answer(request(f"/sim/{path}", body, method=method)))


def test_accounts_are_made_read_changed_and_removed(simulator: Simulator) -> None:
    made = sim(simulator, "POST", "accounts", {"kind": "idc", "id": "one", "api_region": "eu-central-1"})
    assert (made["status"], made["label"], made["details"]["api_region"]) == (201, "one", "eu-central-1")
    sim(
        simulator,
        "PUT",
        "accounts/one",
        {"fault": "suspended", "faults": ["500"], "lacks": ["auto"], "credits": 5},
    )
    shown = sim(simulator, "GET", "accounts/one")
    assert (shown["fault"], shown["faults"], shown["lacks"], shown["credits_left"]) == (
        "suspended",
        ["500"],
        ["auto"],
        5,
    )
    assert shown["entry"]["credential"] == made["credential"]
    assert [each["id"] for each in sim(simulator, "GET", "accounts")["accounts"]] == ["builder-id-1", "one"]
    assert sim(simulator, "DELETE", "accounts/one")["status"] == 200
    assert sim(simulator, "GET", "accounts/one")["status"] == 404


def test_tokens_are_ended_and_refreshing_fails_on_order(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    token = account.access_token
    sim(
        simulator,
        "PUT",
        f"accounts/{account.id}",
        {"expire_access": True, "token_faults": ["slow_down"], "control_fault": "500"},
    )
    assert simulator.people.of_access_token(token) is None
    assert list(account.token_faults) == ["slow_down"]
    sim(simulator, "PUT", f"accounts/{account.id}", {"revoke": True, "renew_quota": True})
    assert account.refreshing.current == ""
    sim(
        simulator,
        "PUT",
        "tokens",
        {"access_ttl_s": 5, "rotation": "at-once", "registration_ttl_s": 9, "coming": ["", "server_error"]},
    )
    assert (simulator.people.access_ttl_s, simulator.people.rotation) == (5, "at-once")
    assert list(simulator.tokens.coming) == ["", "server_error"]
    sim(simulator, "PUT", "tokens", {"expire_registrations": True})
    assert {client.ends_at for client in simulator.tokens.clients.values()} == {simulator.clock()}


def test_an_account_gets_profiles_to_choose_from(simulator: Simulator) -> None:
    sim(simulator, "POST", "accounts", {"kind": "idc", "id": "one"})
    other = "arn:aws:codewhisperer:us-east-1:000000000000:profile/OTHER1"
    shown = sim(simulator, "PUT", "accounts/one", {"more_profiles": [other]})
    assert shown["more_profiles"] == [other]
    assert simulator.people.accounts["one"].more_profiles == (other,)


def test_a_sign_in_ends_as_soon_as_it_is_told_to(simulator: Simulator) -> None:
    assert sim(simulator, "PUT", "tokens", {"sign_in_ttl_s": 3})["status"] == 200
    begun = simulator.sign_ins.begin("builder_id", "client", "us-east-1", None)
    assert begun.ends_at == simulator.clock() + 3


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "accounts/builder-id-1", {"fault": "astonished"}, 400),
        ("PUT", "accounts/builder-id-1", {"control_fault": "cut"}, 400),
        ("PUT", "accounts/builder-id-1", {"colour": "red"}, 400),
        ("PUT", "accounts/builder-id-1", {"token_faults": ["500"]}, 400),
        ("PUT", "accounts/builder-id-1", {"more_profiles": "arn:one"}, 400),
        ("PUT", "tokens", {"rotation": "sometimes"}, 400),
        ("POST", "accounts", {"kind": "astonished"}, 400),
        ("POST", "accounts", {}, 400),
        ("POST", "approve", {"user_code": "AAAA-BBBB"}, 404),
        ("GET", "elsewhere", None, 404),
    ],
)
def test_what_cannot_be_done_says_why(
    simulator: Simulator, method: str, path: str, body: Json | None, status: int
) -> None:
    answer = sim(simulator, method, path, body)
    assert answer["status"] == status
    assert answer["error"]


def test_a_sign_in_is_answered(simulator: Simulator) -> None:
    codes = [simulator.sign_ins.begin("idc", "c", "us-east-1", None).user_code for _ in range(2)]
    assert (
        sim(simulator, "POST", "approve", {"user_code": codes[0], "email": "a@example.com"})["email"]
        == "a@example.com"
    )
    assert sim(simulator, "POST", "deny", {"user_code": codes[1]})["status"] == 200


def test_the_log_is_read_and_forgotten(simulator: Simulator) -> None:
    [account] = simulator.people.accounts.values()
    asked(simulator, account, chat())
    answer = simulator.answer(request("/sim/requests", method="GET"))
    assert b'"operation":"GenerateAssistantResponse"' in answer.body  # type: ignore[union-attr]
    sim(simulator, "POST", "forget")
    assert not simulator.log
    assert not account.counts
