"""Conversation → conversation: what a target needs changed before it is asked, and what that costs, said aloud.

Every pass is pure and looks only at what came before a turn, never after it (dangling calls at the very end apart), so that
turn n of a growing conversation is shaped alike each time and the vendor's prompt cache stays warm.
"""
