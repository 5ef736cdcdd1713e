"""Artifacts → blocks of code in the text.

The service lets the model write larger pieces into a window beside the conversation, by a tool of its own. Clients have no such
window. The tool's input is joined and read as JSON when it is whole: where its fragments are cut means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

NAME: Final = "artifacts"
MAX_KEPT: Final = 64
_LANGUAGES: Final = {
    "text/html": "html",
    "text/markdown": "markdown",
    "image/svg+xml": "svg",
    "application/vnd.ant.mermaid": "mermaid",
    "application/vnd.ant.react": "jsx",
}
"""By type, for those that name no language."""
_WORD: Final = re.compile(r"[A-Za-z0-9_+#.-]{1,40}")
_TICKS: Final = re.compile(r"`{3,}")


class Artifacts:
    """Those of one answer. A later change is told as the whole that it makes."""

    def __init__(self) -> None:
        self._kept: dict[str, Mapping[str, Any]] = {}

    def told(self, input: str) -> str | None:
        """The text for clients. None: there is nothing to show, or the change is of something that this answer has not made."""
        try:
            given = msgspec.json.decode(input)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return None
        if not isinstance(given, dict):
            return None
        id = str(given.get("id") or "")
        whole = self._whole(id, given)
        if whole is None:
            return None
        if len(self._kept) < MAX_KEPT:
            self._kept[id] = whole
        return fenced(whole["content"], _language(whole))

    def _whole(self, id: str, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if isinstance(given.get("content"), str) and given["content"]:
            return given
        before, old, new = self._kept.get(id), given.get("old_str"), given.get("new_str")
        if (
            before is None
            or not isinstance(old, str)
            or not isinstance(new, str)
            or old not in before["content"]
        ):
            return None
        return {**before, "content": before["content"].replace(old, new, 1)}


def fenced(content: str, language: str = "") -> str:
    """A block of code on lines of its own. Its fence is longer than any that the content has."""
    longest = max((len(found) for found in _TICKS.findall(content)), default=2)
    fence = "`" * (longest + 1)
    end = "" if content.endswith("\n") else "\n"
    return f"\n{fence}{language}\n{content}{end}{fence}\n"


def _language(artifact: Mapping[str, Any]) -> str:
    language = artifact.get("language") or _LANGUAGES.get(str(artifact.get("type")), "")
    return language if isinstance(language, str) and _WORD.fullmatch(language) else ""
