"""The language every other part speaks: conversations in, events out. Standard library only."""
