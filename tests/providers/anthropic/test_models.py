import msgspec
import pytest

from isthmus.core.abilities import resolve
from isthmus.core.conversation import ThinkingMode
from isthmus.core.errors import UpstreamProtocolError
from isthmus.core.interfaces import ModelInfo
from isthmus.providers.anthropic.abilities import BASE
from isthmus.providers.anthropic.models import read_models, read_rules

ROW = {
    "type": "model",
    "id": "claude-new-1",
    "display_name": "Claude New",
    "created_at": "2026-10-21T00:00:00Z",
    "max_input_tokens": 500_000,
    "max_tokens": 99_000,
    "capabilities": {
        "image_input": {"supported": False},
        "pdf_input": {"supported": True},
        "structured_outputs": {"supported": False},
        "effort": {"supported": True, "low": {"supported": True}, "high": {"supported": True}, "max": None},
        "thinking": {
            "supported": True,
            "types": {"enabled": {"supported": True}, "disabled": {"supported": True}, "odd": {}},
        },
    },
}


def listed(*rows: object) -> bytes:
    return msgspec.json.encode({"data": rows, "has_more": False})


def test_a_row_of_the_list() -> None:
    assert read_models(listed(ROW), "claude") == [
        ModelInfo("claude-new-1", "Claude New", 1_792_540_800, "claude", 500_000, 99_000)
    ]


@pytest.mark.parametrize("created_at", [None, "", "yesterday", 5])
def test_a_bare_row(created_at: object) -> None:
    [info] = read_models(listed({"id": "m", "created_at": created_at}), "x")
    assert (info.id, info.display_name, info.created_s) == ("m", "m", 5 if created_at == 5 else 0)


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"data":[{"name":"x"}]}'])
def test_what_is_no_list(body: bytes) -> None:
    with pytest.raises(UpstreamProtocolError):
        read_models(body, "x")
    with pytest.raises(UpstreamProtocolError):
        read_rules(body)


def test_what_the_list_says_of_abilities_is_believed() -> None:
    record = resolve(BASE, read_rules(listed(ROW)), "claude-new-1")
    assert record.thinking == {ThinkingMode.ENABLED, ThinkingMode.DISABLED}
    assert record.efforts == ("low", "high")
    assert (record.vision, record.documents, record.json_schema) == (False, True, False)
    assert (record.context_window, record.max_output_tokens) == (500_000, 99_000)
    assert resolve(BASE, read_rules(listed(ROW)), "claude-new-12") == BASE


def test_a_model_that_only_takes_disabled_does_not_think() -> None:
    row = {"id": "m", "capabilities": {"thinking": {"types": {"disabled": {"supported": True}}}}}
    assert resolve(BASE, read_rules(listed(row)), "m").thinking == frozenset()


def test_rows_without_capabilities_change_nothing() -> None:
    assert read_rules(listed({"id": "m"}, {"id": "n*", "capabilities": "odd"})) == ()
