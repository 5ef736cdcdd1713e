from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.usage import Usage, estimated_input

counts = st.integers(0, 10**9)


def test_inclusive_counts_are_taken_apart() -> None:
    usage = Usage.from_inclusive(100, 20, cache_read=75, cache_write=10, reasoning=5)
    assert (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens) == (15, 75, 10)
    assert usage.all_input_tokens == 100
    assert usage.total_tokens == 120
    assert not usage.estimated


@given(counts, counts, counts)
def test_no_count_is_ever_negative(prompt: int, read: int, write: int) -> None:
    assert Usage.from_inclusive(prompt, 0, cache_read=read, cache_write=write).input_tokens >= 0


def test_estimates_are_marked() -> None:
    assert estimated_input(7) == Usage(input_tokens=7, input_estimated=True, output_estimated=True)
    guessed = Usage(input_tokens=7).with_output_estimate(3)
    assert guessed.estimated
    assert not guessed.input_estimated
    assert guessed.output_tokens == 3
