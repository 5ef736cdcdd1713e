import json

from isthmus.core.usage import Usage
from isthmus.providers.claude_code.result import Costs, Result, read, usage_of


def result(**fields: object) -> Result:
    found = read(json.dumps({"type": "result", **fields}).encode())
    assert found is not None
    return found


def spent(usd: float) -> dict[str, object]:
    return {"model_usage_since_last_result": {"claude-opus-5-5": {"costUSD": usd, "inputTokens": 1}}}


def test_the_cost_of_a_turn_is_what_it_added() -> None:
    costs = Costs(began_at=0.0)
    assert costs.of(result(total_cost_usd=0.0)) == 0
    assert costs.of(result(total_cost_usd=0.25)) == 250_000
    assert costs.of(result(total_cost_usd=0.75)) == 500_000


def test_the_cli_s_own_difference_counts_most() -> None:
    assert Costs(began_at=None).of(result(total_cost_usd=9.0, **spent(0.000148))) == 148


def test_a_kept_process_whose_past_nobody_knows_costs_nothing_known() -> None:
    costs = Costs(began_at=None)
    assert costs.of(result(total_cost_usd=9.0)) == 0
    assert costs.of(result(total_cost_usd=9.5)) == 500_000


def test_usage_is_read_by_token_class() -> None:
    usage = {
        "input_tokens": 3,
        "cache_read_input_tokens": 4,
        "cache_creation_input_tokens": 5,
        "output_tokens": 6,
        "output_tokens_details": {"thinking_tokens": 2},
    }
    assert usage_of(result(usage=usage)) == Usage(3, 4, 5, 6, 2)
    assert usage_of(result()) is None


def test_what_is_no_result_is_not_read() -> None:
    assert read(b'{"type":"result","is_error":"perhaps"}') is None
    assert read(b"not json") is None


def test_costs_told_in_a_new_way_do_not_spoil_the_result() -> None:
    told = result(total_cost_usd=0.25, model_usage_since_last_result=[1])
    assert Costs(began_at=0.0).of(told) == 250_000
