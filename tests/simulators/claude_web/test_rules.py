from typing import Any

import pytest

from isthmus.simulators.claude_web import rules
from isthmus.simulators.claude_web.refusals import Refusal

ID = "3f8d8f0e-6f51-4d0e-8a2b-0c9a7e6d5b41"
STYLE = {
    "type": "default",
    "key": "Default",
    "name": "Normal",
    "nameKey": "normal_style_name",
    "prompt": "Normal",
    "summary": "Default responses from Claude",
    "summaryKey": "normal_style_summary",
    "isDefault": True,
}
ATTACHMENT = {
    "file_name": "context.txt",
    "file_type": "text/plain",
    "file_size": 7,
    "extracted_content": "größe",
}
WHOLE: dict[str, Any] = {
    "prompt": "Name two rivers.",
    "timezone": "Etc/UTC",
    "locale": "en-US",
    "model": "claude-sonnet-4-6",
    "rendering_mode": "messages",
    "parent_message_uuid": "00000000-0000-4000-8000-000000000000",
    "attachments": [ATTACHMENT],
    "files": [ID],
    "sync_sources": [],
    "tools": [{"type": "web_search_v0", "name": "web_search"}],
    "personalized_styles": [STYLE],
    "thinking_mode": "extended",
    "effort": "medium",
    "turn_message_uuids": {"human_message_uuid": ID, "assistant_message_uuid": ID},
    "completion_request_id": ID,
    "create_conversation_params": {
        "name": "",
        "model": "claude-sonnet-5",
        "include_conversation_preferences": True,
        "paprika_mode": None,
        "compass_mode": None,
        "tool_search_mode": "auto",
        "is_temporary": True,
        "enabled_imagine": False,
    },
    "max_tokens_to_sample": 100,
    "temperature": 0.5,
}


def said_of(rule: rules.Rule, body: object) -> str:
    with pytest.raises(Refusal) as refused:
        rules.check(rule, body)
    assert refused.value.status == 400
    return refused.value.message


def test_a_completion_with_every_known_field_is_taken() -> None:
    rules.check(rules.COMPLETION, WHOLE)
    rules.check(rules.COMPLETION, {"prompt": "x"})


@pytest.mark.parametrize(
    "field", ["max_tokens", "top_p", "top_k", "stop_sequences", "stream", "messages", "text"]
)
def test_an_unknown_field_is_refused_by_name(field: str) -> None:
    assert said_of(rules.COMPLETION, WHOLE | {field: 1}) == f"{field}: Extra inputs are not permitted"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("prompt", "", "prompt: String should have at least 1 character"),
        ("prompt", " \n", "prompt: String"),
        ("prompt", None, "prompt: Input should be a valid string"),
        ("parent_message_uuid", "root", "parent_message_uuid: Input should be a valid UUID"),
        ("timezone", "Mars Base", "timezone: String should match"),
        ("locale", "english", "locale: String should match"),
        ("rendering_mode", "html", "rendering_mode: Input should be one of"),
        ("attachments", {}, "attachments: Input should be a valid list"),
        ("attachments", [{"file_name": "a"}], "attachments.0.file_type: Field required"),
        ("attachments", [ATTACHMENT | {"file_size": 5}], "attachments.0.file_size: 5 is said"),
        ("attachments", [ATTACHMENT | {"id": "x"}], "attachments.0.id: Extra inputs"),
        ("files", ["no-uuid"], "files.0: Input should be a valid UUID"),
        ("sync_sources", [None], "sync_sources: List should have at most 0 items"),
        ("tools", [{"name": "f", "input_schema": {}}], "tools.0.type: Field required"),
        ("tools", [{"type": "repl_v0", "name": "web_search"}], "tools.0.name: web_search is not the name"),
        ("personalized_styles", [STYLE | {"mood": "x"}], "personalized_styles.0.mood: Extra inputs"),
        ("thinking_mode", "on", "thinking_mode: Input should be one of"),
        ("effort", "huge", "effort: Input should be one of"),
        (
            "turn_message_uuids",
            {"human_message_uuid": ID},
            "turn_message_uuids.assistant_message_uuid: Field",
        ),
        ("create_conversation_params", {}, "create_conversation_params.name: Field required"),
        (
            "create_conversation_params",
            {"name": "", "is_temporary": 1},
            "create_conversation_params.is_temporary: Input should be a valid boolean",
        ),
        ("max_tokens_to_sample", 0, "max_tokens_to_sample: Input should be a valid integer greater"),
        ("temperature", True, "temperature: Input should be a valid number"),
    ],
)
def test_a_wrong_value_is_refused_by_its_path(field: str, value: object, words: str) -> None:
    assert said_of(rules.COMPLETION, WHOLE | {field: value}).startswith(words)


def test_what_was_taken_out_of_a_document_keeps_the_size_of_the_document() -> None:
    rules.check(
        rules.COMPLETION, WHOLE | {"attachments": [ATTACHMENT | {"file_type": "pdf", "file_size": 9}]}
    )


def test_a_size_may_be_text() -> None:
    rules.check(rules.COMPLETION, WHOLE | {"attachments": [ATTACHMENT | {"file_size": "7"}]})


def test_a_new_conversation_has_a_uuid_and_a_name() -> None:
    rules.check(rules.CREATE, {"uuid": ID, "name": "", "is_temporary": True})
    rules.check(
        rules.CREATE, {"uuid": ID, "name": "", "model": "m", "include_conversation_preferences": True}
    )
    assert said_of(rules.CREATE, {"name": ""}) == "uuid: Field required"
    assert said_of(rules.CREATE, {"uuid": ID, "name": "", "temporary": True}).startswith("temporary: Extra")


def test_only_thinking_is_set_for_a_conversation() -> None:
    for mode in ("extended", "auto", None):
        rules.check(rules.SETTINGS, {"settings": {"paprika_mode": mode}})
    assert said_of(rules.SETTINGS, {"settings": {"preview": 1}}).startswith("settings.paprika_mode: Field")
    assert said_of(rules.SETTINGS, []) == "Input should be a valid dictionary"


def test_another_answer_needs_no_prompt() -> None:
    rules.check(rules.RETRY, {"timezone": "Europe/Berlin"})
    assert said_of(rules.RETRY, {"files": []}).startswith("files: Extra")


def test_one_of_several_rules_is_enough() -> None:
    rule = rules.either(rules.null, rules.text)
    rules.check(rule, None)
    rules.check(rule, "x")
    assert said_of(rule, 1) == "Input should be a valid string"
