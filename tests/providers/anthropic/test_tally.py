import msgspec
import pytest

from isthmus.core.usage import Usage
from isthmus.providers.anthropic.tally import Tally

START = {
    "input_tokens": 15,
    "cache_read_input_tokens": 75,
    "cache_creation_input_tokens": 10,
    "cache_creation": {"ephemeral_5m_input_tokens": 6, "ephemeral_1h_input_tokens": 4},
    "output_tokens": 1,
}


def tallied(*rows: tuple[object, bool]) -> Usage | None:
    tally = Tally()
    for counts, final in rows:
        tally.add(msgspec.Raw(msgspec.json.encode(counts)), final=final)
    return tally.usage


@pytest.mark.parametrize(
    ("rows", "usage"),
    [
        ([(START, False)], Usage(15, 75, 10, 1, cache_write_1h_tokens=4, output_estimated=True)),
        ([(START, False), ({"output_tokens": 9}, True)], Usage(15, 75, 10, 9, cache_write_1h_tokens=4)),
        (
            [
                (START, False),
                ({"input_tokens": 0, "cache_read_input_tokens": None, "output_tokens": 9}, True),
            ],
            Usage(15, 75, 10, 9, cache_write_1h_tokens=4),
        ),
        ([({"input_tokens": 0}, False), ({"input_tokens": 7, "output_tokens": 2}, True)], Usage(7, 0, 0, 2)),
        (
            [
                (
                    {
                        "input_tokens": 3,
                        "output_tokens": 8,
                        "output_tokens_details": {"thinking_tokens": 5},
                        "server_tool_use": {"web_search_requests": 2},
                    },
                    True,
                )
            ],
            Usage(3, 0, 0, 8, reasoning_tokens=5, web_searches=2),
        ),
        ([(None, True)], None),
        ([("nonsense", True)], None),
        ([({"input_tokens": "many"}, True)], None),
    ],
)
def test_counts_add_up(rows: list[tuple[object, bool]], usage: Usage | None) -> None:
    assert tallied(*rows) == usage


def test_counts_that_never_came_are_estimates_to_be() -> None:
    usage = tallied(({"input_tokens": 3}, True))
    assert usage is not None
    assert usage.output_estimated
