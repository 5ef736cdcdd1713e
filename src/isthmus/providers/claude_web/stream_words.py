"""Words of claude.ai's stream that mean no more than a table can say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from isthmus.core.events import Stop

STOPS: Final[Mapping[str, Stop]] = {
    "end_turn": Stop.END_TURN,
    "stop_sequence": Stop.END_TURN,  # the service's own, as ours are not sent
    "tool_use": Stop.END_TURN,
    "max_tool_use": Stop.END_TURN,
    "user_canceled": Stop.END_TURN,
    "max_tokens": Stop.MAX_TOKENS,
    "max_conversation_length": Stop.CONTEXT_WINDOW,
    "refusal": Stop.REFUSAL,
    "cyber_refusal": Stop.REFUSAL,
    "prompt_injection_risk": Stop.REFUSAL,
}
FULL: Final = "max_conversation_length"
IGNORED: Final = frozenset(
    (
        "conversation_ready",
        "compaction_status",
        "cache_performance",
        "model_update",
        "content_block_retract",
        "tool_approval",
        "mcp_auth_required",
        "message_snapshot",
        "thinking_summary_delta",
        "title",
    )
)
"""Events that hold nothing of the answer."""
IGNORED_DELTAS: Final = frozenset(
    (
        "signature_delta",
        "thinking_summary_delta",
        "thinking_cut_off_delta",
        "tool_use_block_update_delta",
        "tool_result_block_update_delta",
        "flag_delta",
    )
)
