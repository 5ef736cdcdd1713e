"""What each model can carry through the CLI: what the API takes of it, less what the CLI has no place for.

| what | why not |
| --- | --- |
| prefill | the CLI asks when the user has spoken, never to go on with the model's words |
| operator text in mid-conversation | its lines are the user's or the model's; sent as a reminder |
| server tools | they would be the CLI's own, which are the operator's to allow |
| cache marks | the CLI sets its own |
| files by address | what is fetched is fetched under the gateway's guard |
| strict tools | a tool of the Model Context Protocol has no such member |
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from isthmus.core.abilities import Abilities, Rule, SystemTurns, resolve
from isthmus.providers.anthropic import abilities as api
from isthmus.providers.claude_code.models import full_name

TOOL_NAME_CHARS: Final = 64


def abilities_of(model: str, rules: Iterable[Rule] = ()) -> Abilities:
    """By the model's name or the CLI's short one; `rules` are the operator's, and win."""
    able = resolve(api.BASE, api.RULES, full_name(model))
    carried = replace(
        able,
        server_tools=(),
        documents=True,
        fetches_urls=False,
        fetches_documents=False,
        tool_name_chars=TOOL_NAME_CHARS,
        prefill=False,
        system_turns=SystemTurns.REMINDER,
        alternating_turns=True,
        cache_marks=False,
    )
    return resolve(carried, rules, model)
