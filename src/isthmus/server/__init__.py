"""The data plane: from a client's request to its answer, in either lane."""
