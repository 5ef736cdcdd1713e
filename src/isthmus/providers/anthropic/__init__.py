"""Anthropic's Messages API, and whoever else speaks it."""

from isthmus.providers.anthropic.provider import Anthropic

__all__ = ["Anthropic"]
