"""The calls that make up one answer: a conversation made, files brought, the question put, the conversation deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from isthmus.core.commands import Call, Grant, Headers
from isthmus.core.secret import Secret
from isthmus.providers.claude_web.control_calls import root_of
from isthmus.providers.claude_web.errors import unreadable
from isthmus.providers.claude_web.files import Upload, form_of
from isthmus.providers.claude_web.headers import JSON, STREAM, headers_of
from isthmus.providers.claude_web.options import Options
from isthmus.wire.json_text import to_json

BY_CONVERSATION: Final = "conversation"


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation, and how it is reached. `headers` are the operator's, which may replace ours."""

    grant: Grant
    options: Options
    organization: str
    conversation: str
    headers: Mapping[str, Secret]

    @property
    def _path(self) -> str:
        return f"{root_of(self.organization)}/chat_conversations/{self.conversation}"

    @property
    def completion_url(self) -> str:
        return f"{self.options.base_url}{self._path}/completion"

    @property
    def completion_headers(self) -> Headers:
        return self._headers(accept=STREAM, sends=JSON, page=f"/chat/{self.conversation}")

    def create(self) -> Call:
        said: dict[str, object] = {"uuid": self.conversation, "name": ""}
        said |= (
            {"is_temporary": True} if self.options.temporary else {"include_conversation_preferences": True}
        )
        return self._call("POST", f"{root_of(self.organization)}/chat_conversations", said)

    def set(self, settings: Mapping[str, str | None]) -> Call:
        return self._call("PUT", self._path, {"settings": dict(settings)})

    def delete(self) -> Call:
        return self._call("DELETE", self._path, {"uuid": self.conversation})

    def upload(self, upload: Upload) -> Call:
        """To the organization, or to the conversation, which must be there then."""
        if self.options.upload_api == BY_CONVERSATION:
            path = f"{root_of(self.organization)}/conversations/{self.conversation}/wiggle/upload-file"
        else:
            path = f"{root_of(self.organization).replace('/organizations', '', 1)}/upload"
        kind, body = form_of(upload)
        return Call("POST", self.options.base_url + path, self._headers(sends=kind), body)

    def _call(self, method: str, path: str, said: Mapping[str, object]) -> Call:
        return Call(method, self.options.base_url + path, self._headers(sends=JSON), to_json(said))

    def _headers(self, *, accept: str = JSON, sends: str, page: str = "/new") -> Headers:
        own = headers_of(self.grant.token, self.options, accept=accept, sends=sends, page=page)
        operators = {name.lower(): value.reveal() for name, value in self.headers.items()}
        return tuple({**dict(own), **operators}.items())


def read_file_id(body: bytes) -> str:
    """Of an upload's answer. Raises `UpstreamProtocolError`."""
    try:
        value: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    said = value if isinstance(value, dict) else {}
    id = said.get("file_uuid") or said.get("uuid")
    if not isinstance(id, str) or not id:
        raise unreadable("answer to an upload")
    return id
