from __future__ import annotations

import pytest
from pydantic import ValidationError

from isthmus.config.sections.claude_code import ClaudeCodeSettings


def test_the_program_may_do_nothing_on_this_machine_unless_it_is_said() -> None:
    files, servers = ClaudeCodeSettings().file_access, ClaudeCodeSettings().mcp
    assert not files.skip_permissions
    assert not files.allow_on_network
    assert (files.additional_dirs, files.image_dirs, files.allowed_tools) == ((), (), ())
    assert not servers.enabled


def test_no_process_need_be_started_in_advance() -> None:
    assert ClaudeCodeSettings.model_validate({"pool": {"size": 0}}).pool.size == 0


@pytest.mark.parametrize(
    "said",
    [
        {"mode": "eager"},
        {"pool": {"size": True}},
        {"pool": {"max_processes": 0}},
        {"file_access": {"additional_dirs": ["relative/path"]}},
        {"file_access": {"permission_mode": "everything"}},
    ],
)
def test_what_cannot_be_run_so_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ClaudeCodeSettings.model_validate(said)
