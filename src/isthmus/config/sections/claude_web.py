"""Settings of `type: claude-web`: sessions of claude.ai."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from isthmus.config.fields import Count, HttpUrl, Section, Text


class ClaudeWebSettings(Section):
    """Sessions of claude.ai (docs/claude-web.md). An account's `details` of the same name stand above these."""

    base_url: HttpUrl = Field(default="https://claude.ai", description="Address of the website.")
    temporary: bool = Field(
        default=True,
        description="Make conversations as temporary ones, which claude.ai keeps out of the account's list.",
    )
    chat_delete: bool = Field(
        default=True,
        description="Delete a conversation once its answer is over. Happens behind the answer, and is tried again when it fails.",
    )
    keep_conversations: bool = Field(
        default=False,
        description="Go on in one conversation of claude.ai while a client keeps a session, and send only its newest message. Kept "
        "conversations are not deleted.",
    )
    conversation_idle_s: Annotated[Count, Field(le=86_400)] = Field(
        default=1800,
        description="With `keep_conversations`: seconds without a message after which a new one is begun.",
    )
    no_role_prefix: bool = Field(
        default=False, description="Tell messages without `Human: `, `Assistant: ` and `System: ` in front."
    )
    prompt_disable_artifacts: bool = Field(
        default=False, description="Begin each prompt with the request to use Markdown, not artifacts."
    )
    max_chat_history_length: Annotated[Count, Field(le=1_000_000)] = Field(
        default=10_000,
        description="Characters of a prompt; a longer one goes up as the text file `context.txt`.",
    )
    thinking_output: Literal["native", "think_tags", "drop"] = Field(
        default="native",
        description="Thinking as the client's dialect has it, as `<think>…</think>` in the text, or not at all.",
    )
    thinking_api: Literal["request", "conversation"] = Field(
        default="request",
        description="Where the wish to think is said: with each request, or once in a conversation.",
    )
    upload_api: Literal["org", "conversation"] = Field(
        default="org", description="Which of the website's two addresses takes files."
    )
    web_search: bool = Field(
        default=False,
        description="Offer claude.ai's own web search to the model. Never together with tools of the client.",
    )
    send_origin: bool = Field(
        default=False,
        description="Send `Origin` and `Referer` of the website, should it refuse requests without them.",
    )
    timezone: Text = Field(
        default="Etc/UTC",
        description="IANA time zone told to the website; times it names without one are read in it.",
    )
    locale: Text = Field(default="en-US", description="Language told to the website.")
    max_files: Annotated[Count, Field(le=100)] = Field(
        default=20, description="Images and documents of one request, at most."
    )
    max_file_mb: Annotated[Count, Field(le=100)] = Field(
        default=10, description="Size of each of them in MB, at most."
    )
