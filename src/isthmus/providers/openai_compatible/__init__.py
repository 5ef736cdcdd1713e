"""Vendors with an API like OpenAI's: Chat Completions, embeddings, model lists. What each does its own way is data."""

from isthmus.providers.openai_compatible.exchange import OpenAICompatible
from isthmus.providers.openai_compatible.vendors import VENDORS, vendor_for, vendor_named

__all__ = ["VENDORS", "OpenAICompatible", "vendor_for", "vendor_named"]
