from isthmus.core.commands import ClientRequest, Head, Unheard


def test_the_content_type_is_read_without_its_parameters() -> None:
    assert Head(200, {"content-type": "Text/Event-Stream; charset=utf-8"}).content_type == "text/event-stream"
    assert Head(200, {}).content_type == ""


def test_a_request_to_forward_carries_no_headers_by_itself() -> None:
    assert ClientRequest("/v1/messages", b"{}", "m", stream=False).headers == {}


def test_what_is_not_understood_is_not_judged() -> None:
    listener = Unheard()
    listener.feed(b"anything")
    assert listener.speaking
    assert listener.close() is None
    assert listener.usage is None


def test_a_path_is_below_whole_segments_only() -> None:
    asked = ClientRequest("/v1/audio/speech", b"", "", stream=False)
    assert asked.is_below(("files", "audio"))
    assert not asked.is_below(("aud", "audio/speech/x"))
    assert not asked.is_below(())
