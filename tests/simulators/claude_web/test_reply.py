from isthmus.simulators.claude_web.reply import Reply, Text, Thinking, fragments, spoken


def test_pieces_of_a_text_are_the_text() -> None:
    for text in ("Name two rivers.", "  indented\n\nlines \n", "", " ", "你好 🙂"):
        assert "".join(spoken(text)) == text


def test_fragments_of_json_are_the_json() -> None:
    pieces = fragments({"query": "größer, 你好"}, 5)
    assert "".join(pieces) == '{"query":"größer, 你好"}'
    assert max(map(len, pieces)) == 5


def test_a_limit_stops_the_text_and_keeps_what_was_thought() -> None:
    reply = Reply([Thinking("a b c d"), Text("one two"), Text(" three four")])
    reply.limited_to(3)
    assert reply.text == "one two three"
    assert (reply.stop_reason, len(reply.blocks)) == ("max_tokens", 3)


def test_a_limit_that_is_not_reached_changes_nothing() -> None:
    reply = Reply([Text("one two")])
    reply.limited_to(2)
    assert (reply.text, reply.stop_reason) == ("one two", "end_turn")
