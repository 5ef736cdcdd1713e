from isthmus.core.events import Stop
from isthmus.providers.claude_web.stream_words import FULL, IGNORED, IGNORED_DELTAS, STOPS

HEARD = {
    "message_start",
    "message_delta",
    "message_stop",
    "message_limit",
    "content_block_delta",
    "error",
    "ping",
}


def test_nothing_of_an_answer_is_ignored() -> None:
    assert not IGNORED & HEARD
    assert not IGNORED_DELTAS & {"text_delta", "thinking_delta", "input_json_delta", "citation_start_delta"}


def test_what_the_service_ran_itself_is_no_call_of_the_clients() -> None:
    assert Stop.TOOL_USE not in STOPS.values()
    assert Stop.STOP_SEQUENCE not in STOPS.values()
    assert STOPS[FULL] is Stop.CONTEXT_WINDOW
