"""Requests in both dialects, as small as a case can make them."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any, Final

from isthmus.conformance.subject import Api

Json = dict[str, Any]

PONG: Final = "Reply with the single word pong and nothing else."
WEATHER: Final = "What is the weather in Paris? Call get_weather to find out."
TWO_CITIES: Final = (
    "What is the weather in Paris and in Rome? Call get_weather once for each city, both calls in one go."
)
CITY: Final[Json] = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "Name of the city"}},
    "required": ["city"],
}
WORD: Final[Json] = {
    "type": "object",
    "properties": {"word": {"type": "string"}},
    "required": ["word"],
    "additionalProperties": False,
}


def tool(api: Api, name: str = "get_weather", schema: Json = CITY) -> Json:
    described = {"name": name, "description": "Tells the present weather of a city."}
    if api is Api.MESSAGES:
        return {**described, "input_schema": schema}
    return {"type": "function", "function": {**described, "parameters": schema}}


def forced(api: Api, name: str = "get_weather") -> Json:
    """A `tool_choice` for just this tool."""
    if api is Api.MESSAGES:
        return {"type": "tool", "name": name}
    return {"type": "function", "function": {"name": name}}


def required(api: Api) -> Json | str:
    """A `tool_choice` for any tool."""
    return {"type": "any"} if api is Api.MESSAGES else "required"


def user(content: Any) -> Json:
    return {"role": "user", "content": content}


def called(api: Api, *calls: tuple[str, str, Json]) -> Json:
    """An assistant turn that makes calls, each given by id, name and arguments."""
    if api is Api.MESSAGES:
        blocks = [{"type": "tool_use", "id": id, "name": name, "input": given} for id, name, given in calls]
        return {"role": "assistant", "content": blocks}
    made = [chat_call(id, name, _compact(given)) for id, name, given in calls]
    return {"role": "assistant", "content": None, "tool_calls": made}


def chat_call(id: str, name: str, arguments: str) -> Json:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def result(id: str, content: Any = "sunny", **more: Any) -> Json:
    """A `tool_result` block of a Messages user turn."""
    return {"type": "tool_result", "tool_use_id": id, "content": content, **more}


def answered(api: Api, text: str, *results: tuple[str, str]) -> Sequence[Json]:
    """What a client sends after calls: their results, each given by id and text, and then words of the user's."""
    if api is Api.MESSAGES:
        return [user([*(result(id, said) for id, said in results), {"type": "text", "text": text}])]
    return [*({"role": "tool", "tool_call_id": id, "content": said} for id, said in results), user(text)]


def png(side: int = 16) -> str:
    """A red square, as base64 of a PNG file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xff\0\0" * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    image = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
    return base64.b64encode(image + chunk(b"IEND", b"")).decode()


def image(api: Api, media_type: str = "image/png") -> Json:
    if api is Api.MESSAGES:
        return {
            "type": "image",
            "source": {"type": "base64", "media_type": media_type, "data": png()},
        }
    return {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{png()}"}}


def pdf() -> str:
    """A page that says `pong`, as base64 of a PDF file."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R"
        b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length 40>>stream\nBT /F 24 Tf 20 40 Td (pong) Tj ET        \nendstream",
    )
    file, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj%b endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 5\n0000000000 65535 f \n%btrailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(file),
    )
    return base64.b64encode(file + end).decode()


def document(api: Api) -> Json:
    if api is Api.MESSAGES:
        source = {"type": "base64", "media_type": "application/pdf", "data": pdf()}
        return {"type": "document", "source": source, "title": "note.pdf"}
    data = f"data:application/pdf;base64,{pdf()}"
    return {"type": "file", "file": {"filename": "note.pdf", "file_data": data}}


def structured(api: Api, schema: Json = WORD) -> Json:
    """The fields that ask for an answer of this shape."""
    if api is Api.MESSAGES:
        return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    named = {"name": "answer", "schema": schema, "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def _compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))
