"""One answer of the Messages API, asked for in the gateway's own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from isthmus.core.commands import Classify, Decoder, Exchange, Head, Headers, Stream
from isthmus.core.conversation import Conversation
from isthmus.core.errors import Kind, UpstreamError
from isthmus.core.interfaces import Target
from isthmus.core.losses import Action, Loss
from isthmus.core.overflow import recognise_output
from isthmus.providers.anthropic.request import Written, write

HeadersFor = Callable[[str, bool], Headers]
"""Of a request: API version, and whether its answer is streamed."""
DecoderFor = Callable[[Head, bool], Decoder]
"""Of an answer: its head, and whether code fences are to be taken off."""


def converse(
    conversation: Conversation,
    target: Target,
    *,
    url: str,
    headers: HeadersFor,
    decoder: DecoderFor,
    classify: Classify,
    auto_cache: bool,
) -> Exchange:
    """Asks once; and once more with less output when that alone was too much."""
    written = write(conversation, target, auto_cache=auto_cache)
    try:
        yield _stream(written, conversation.stream, url, headers, decoder, classify)
    except UpstreamError as error:
        found = recognise_output(error.message) if error.kind is Kind.INVALID_REQUEST else None
        if found is None or found.allowed >= written.max_tokens:
            raise
        smaller = replace(conversation, max_tokens=found.allowed)
        again = write(smaller, target, auto_cache=auto_cache)
        lowered = Loss("max_tokens", Action.CLAMPED, f"{written.max_tokens}→{found.allowed}")
        again = replace(again, losses=(lowered, *again.losses))
        yield _stream(again, conversation.stream, url, headers, decoder, classify)


def _stream(
    written: Written, stream: bool, url: str, headers: HeadersFor, decoder: DecoderFor, classify: Classify
) -> Stream:
    return Stream(
        "POST",
        url,
        headers(written.version, stream),
        written.body,
        decode=lambda head: decoder(head, written.unfenced),
        classify=classify,
        losses=written.losses,
        whole=not stream,
    )
