import msgspec
import pytest

from isthmus.providers.anthropic.schema import BLOCK, EVENT, MESSAGE, is_given


@pytest.mark.parametrize(
    ("raw", "given"), [(b"", False), (b"null", False), (b"0", True), (b"{}", True), (b'""', True)]
)
def test_is_given(raw: bytes, given: bool) -> None:
    assert is_given(msgspec.Raw(raw)) is given


@pytest.mark.parametrize(
    ("decoder", "body"),
    [
        (EVENT, b'{"type":"content_block_delta","index":0,"delta":{"type":"new_delta","x":[1]},"y":{}}'),
        (EVENT, b'{"type":"message_delta","delta":{"stop_reason":null},"usage":null}'),
        (BLOCK, b'{"type":"fallback","from":{"model":"a"}}'),
        (MESSAGE, b'{"id":null,"content":null,"container":{}}'),
    ],
)
def test_what_is_unknown_is_skipped(decoder: msgspec.json.Decoder, body: bytes) -> None:  # type: ignore[type-arg]
    assert decoder.decode(body) is not None
