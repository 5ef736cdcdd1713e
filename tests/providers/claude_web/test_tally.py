import pytest

from isthmus.core.usage import Usage
from isthmus.providers.claude_web.tally import Tally


def test_the_last_figures_win() -> None:
    tally = Tally()
    tally.hear({"input_tokens": 12, "output_tokens": 1})
    tally.hear({"output_tokens": 34})
    assert tally.usage() == Usage(12, output_tokens=34)


def test_what_was_cut_is_estimated() -> None:
    tally = Tally()
    tally.hear({"input_tokens": 12, "output_tokens": 34})
    assert tally.usage(cut=True) == Usage(12, output_estimated=True)


@pytest.mark.parametrize(
    "usage", [None, {}, [], {"input_tokens": True}, {"output_tokens": -1}, {"input_tokens": "9"}]
)
def test_nobody_counted(usage: object) -> None:
    tally = Tally()
    tally.hear(usage)
    assert tally.usage() is None
