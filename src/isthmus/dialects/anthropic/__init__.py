"""Anthropic Messages (`/v1/messages`), both API versions, as the gateway's clients speak it."""

from isthmus.dialects.anthropic.dialect import MessagesDialect, dialect
from isthmus.dialects.anthropic.encode import Style
from isthmus.dialects.anthropic.lint import Problem, lint

__all__ = ["MessagesDialect", "Problem", "Style", "dialect", "lint"]
