import msgspec
import pytest

from isthmus.core.errors import BadRequest, Kind
from isthmus.dialects.body import as_bad_request, conversation_of


@pytest.mark.parametrize(
    ("body", "why"),
    [(b"{", "truncated"), (b'"\xff"', "UTF-8"), (b"[" * 100_000, "nested too deeply"), (b"no", "JSON")],
)
def test_what_is_no_json_is_the_clients_fault(body: bytes, why: str) -> None:
    with pytest.raises(BadRequest, match=why) as caught, as_bad_request():
        msgspec.json.decode(body)
    assert caught.value.kind is Kind.INVALID_REQUEST
    assert caught.value.message.startswith("The request body is not valid JSON: ")


def test_what_is_json_passes() -> None:
    with as_bad_request():
        assert msgspec.json.decode(b"[1]") == [1]


@pytest.mark.parametrize(
    ("raw", "id"),
    [
        (b"", None),
        (b"null", None),
        (b'"conv_1"', "conv_1"),
        (b'"conv\\u005f1"', "conv_1"),
        (b'""', ""),
        (b"5", "5"),
        (b'["a"]', '["a"]'),
    ],
)
def test_what_names_a_conversation(raw: bytes, id: str | None) -> None:
    assert conversation_of(msgspec.Raw(raw)) == id
