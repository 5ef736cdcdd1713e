import pytest

from isthmus.core.usage import Usage
from isthmus.providers.openai_compatible.schema import Counts, NotAChunk, read_chunk


def test_rsp_01_cached_tokens_are_taken_out_of_the_prompt() -> None:
    chunk = read_chunk(
        b'{"usage":{"prompt_tokens":100,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":75,"cache_write_tokens":10}}}'
    )
    assert chunk.usage is not None
    assert chunk.usage.usage() == Usage(15, 75, 10, 7)


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        (Counts(prompt_tokens=10, completion_tokens=2, prompt_cache_hit_tokens=4), Usage(6, 4, 0, 2)),
        (Counts(prompt_tokens=10, completion_tokens=2, cached_tokens=4), Usage(6, 4, 0, 2)),
        (Counts(prompt_tokens=10.0, completion_tokens=None), Usage(10)),
        (Counts(prompt_tokens=-5, completion_tokens=float("nan")), Usage()),
        (Counts(), None),
        (Counts(prompt_tokens=0, completion_tokens=0), None),
        (Counts(prompt_tokens=0, completion_tokens=3), Usage(output_tokens=3)),
    ],
)
def test_vendors_spell_usage_in_their_own_ways(counts: Counts, usage: Usage | None) -> None:
    assert counts.usage() == usage


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"1", b'"x"', b"null", b'{"choices":1}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_chunk_is_told_apart(data: bytes) -> None:
    with pytest.raises(NotAChunk):
        read_chunk(data)


def test_unknown_fields_and_missing_ones_do_not_matter() -> None:
    chunk = read_chunk(b'{"x":{"y":[1]},"choices":[{"delta":{"content":"a","z":1}}]}')
    assert chunk.choices is not None
    assert chunk.choices[0].delta is not None
    assert chunk.choices[0].delta.content == "a"
