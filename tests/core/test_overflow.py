import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.core.overflow import REFUSALS, OutputTooLarge, Overflow, recognise, recognise_output

OPENAI = (
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. "
    "Please reduce the length of the messages."
)


@pytest.mark.parametrize(
    ("message", "overflow"),
    [
        ("prompt is too long: 210000 tokens > 200000 maximum", Overflow(210_000, 200_000)),
        ("Prompt is too long", Overflow()),
        ("Input is too long for requested model.", Overflow()),
        ("Input is too long.", Overflow()),
        (OPENAI, Overflow(9000, 8192)),
        (
            "The input token count (1300000) exceeds the maximum number of tokens allowed (1048576).",
            Overflow(1_300_000, 1_048_576),
        ),
        ("request (9,000 tokens) exceeds the available context size (4,096 tokens)", Overflow(9000, 4096)),
        ("the request exceeds the available context size (4096 tokens)", Overflow(None, 4096)),
        ("Range of input length should be [1, 30720]", Overflow(None, 30_720)),
        ("Your request exceeded model token limit: 131072", Overflow(None, 131_072)),
        ("CONTENT_LENGTH_EXCEEDS_THRESHOLD", Overflow()),
    ],
)
def test_many_vendors_words_mean_the_same(message: str, overflow: Overflow) -> None:
    assert recognise(message) == overflow


@pytest.mark.parametrize("phrase", REFUSALS)
@pytest.mark.parametrize("status", [0, 400, 413, 500])
def test_every_phrase_counts_at_every_status(phrase: str, status: int) -> None:
    assert recognise(f"Error: {phrase.upper()} - sorry", status) is not None


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("temperature: Extra inputs are not permitted", 400),
        (
            "messages.0.content: string too long. Expected a string with maximum length 10, maximum prompt length",
            400,
        ),
        ("policy_blocked: context_length_exceeded", 400),
        ("Request Entity Too Large", 413),
        ("the context window is fine", 400),
        ("", 400),
    ],
)
def test_other_refusals_are_not_mistaken_for_it(message: str, status: int) -> None:
    assert recognise(message, status) is None


def test_a_413_that_speaks_of_the_context_window_counts() -> None:
    assert recognise("larger than the context window", 413) is not None


@pytest.mark.parametrize(
    ("message", "allowed"),
    [
        ("input length and `max_tokens` exceed context limit: 150000 + 60000 > 200000, decrease", 50_000),
        ("max_tokens: 128000 > 8192, which is the maximum allowed number of output tokens for X", 8192),
        ("max_tokens is too large: 100000. This model supports at most 16384 completion tokens", 16_384),
        (
            "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens "
            "(5000 in the messages, 4000 in the completion). Please reduce",
            3192,
        ),
    ],
)
def test_an_output_allowance_that_is_too_large_can_be_lowered(message: str, allowed: int) -> None:
    assert recognise_output(message) == OutputTooLarge(allowed)


def test_a_prompt_that_leaves_no_room_cannot_be_saved_that_way() -> None:
    assert recognise_output("input length and max_tokens exceed context limit: 210000 + 1 > 200000") is None
    assert recognise_output(OPENAI) is None


@given(st.text())
def test_no_message_is_too_strange(message: str) -> None:
    assert recognise(message) is None or isinstance(recognise(message), Overflow)
    recognise_output(message)
