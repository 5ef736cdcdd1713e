"""A file of requests, answered one by one: the pure part. What a line means, what a result looks like, what is done next."""
