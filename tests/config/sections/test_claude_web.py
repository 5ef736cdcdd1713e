from __future__ import annotations

import pytest
from pydantic import ValidationError

from isthmus.config.sections.claude_web import ClaudeWebSettings


def test_conversations_leave_nothing_behind_unless_said_otherwise() -> None:
    settings = ClaudeWebSettings()
    assert (settings.temporary, settings.chat_delete, settings.keep_conversations) == (True, True, False)


@pytest.mark.parametrize(
    "said",
    [
        {"conversation_idle_s": 86_401},
        {"max_files": 0},
        {"max_file_mb": True},
        {"thinking_output": "aloud"},
        {"base_url": "claude.ai"},
    ],
)
def test_what_the_website_does_not_take_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ClaudeWebSettings.model_validate(said)
