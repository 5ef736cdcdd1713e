import json
from typing import Any

from isthmus.simulators.claude_web.reply import Citation, Reply, ServerTool, Text, Thinking
from isthmus.simulators.claude_web.seeds import Seeds
from isthmus.simulators.claude_web.stream import Teller

LIMIT = {"type": "within_limit"}


def told(reply: Reply, *, raw: bool = False) -> list[Any]:
    teller = Teller(Seeds(), 1_790_000_000, "human", "assistant", LIMIT)
    return list((teller.raw if raw else teller.messages)(reply))


def test_a_message_begins_with_a_start_and_ends_with_its_limits() -> None:
    events = told(Reply([Text("Nile and Amazon.")]))
    assert [event["type"] for event in events] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_limit",
        "message_stop",
    ]
    message = events[0]["message"]
    assert (message["model"], message["uuid"], message["parent_uuid"]) == ("", "assistant", "human")
    assert events[0]["discarded_parent_message_uuid"] is None
    assert events[-3]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None, "stop_details": None}
    assert events[-2]["message_limit"] == LIMIT
    assert "usage" not in json.dumps(events)


def test_usage_is_sent_by_some_versions() -> None:
    events = told(Reply([Text("a")], usage={"input_tokens": 1}))
    assert events[0]["message"]["usage"] == events[-3]["usage"] == {"input_tokens": 1}


def test_thoughts_come_before_the_text_with_a_summary_and_no_signature() -> None:
    events = told(Reply([Thinking("Large ones first.", "Chose."), Text("Nile.")]))
    assert events[1]["content_block"]["type"] == "thinking"
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert "".join(each.get("thinking", "") for each in deltas) == "Large ones first."
    assert {"type": "thinking_summary_delta", "summary": {"summary": "Chose."}} in deltas
    assert "signature" not in json.dumps(events)


def test_a_server_tool_is_two_blocks_whose_fragments_are_json() -> None:
    tool = ServerTool("web_search", {"query": "größer"}, [{"type": "text", "text": "你好"}], "Searching")
    events = told(Reply([tool, Text("Well.")]))
    starts = [event for event in events if event["type"] == "content_block_start"]
    assert [(each["index"], each["content_block"]["type"]) for each in starts] == [
        (0, "tool_use"),
        (1, "tool_result"),
        (2, "text"),
    ]
    assert starts[1]["content_block"]["tool_use_id"] == starts[0]["content_block"]["id"]
    joined = ["", ""]
    for event in events:
        if event.get("delta", {}).get("type") == "input_json_delta":
            joined[event["index"]] += event["delta"]["partial_json"]
    assert [json.loads(each) for each in joined] == [tool.given, tool.result]


def test_a_long_result_is_one_line() -> None:
    tool = ServerTool("web_fetch", {}, [{"type": "text", "text": "x" * 300_000}])
    longest = max(len(json.dumps(event)) for event in told(Reply([tool])))
    assert longest > 300_000


def test_a_citation_stands_around_its_stretch() -> None:
    source = Citation("https://a.example/b", "B", 4, 8)
    events = told(Reply([Text("So: Nile, then.", (source,))]))
    before, inside, opened = "", "", False
    for event in events:
        delta = event.get("delta", {})
        match delta.get("type"):
            case "citation_start_delta":
                opened = True
                assert delta["citation"]["metadata"]["site_domain"] == "a.example"
            case "citation_end_delta":
                break
            case "text_delta" if opened:
                inside += delta["text"]
            case "text_delta":
                before += delta["text"]
    assert (before, inside) == ("So: ", "Nile")


def test_the_raw_rendering_is_text_alone_and_says_why_it_ended() -> None:
    events = told(Reply([Thinking("hm"), Text("Two rivers.")]), raw=True)
    assert [event["completion"] for event in events] == ["Two", " rivers."]
    assert [event["stop_reason"] for event in events] == [None, "stop_sequence"]
    assert events[-1]["stop"] == "\n\nHuman:"
    (empty,) = told(Reply([], "max_conversation_length"), raw=True)
    assert (empty["completion"], empty["stop_reason"]) == ("", "max_conversation_length")
