"""Allowed, but not like this: the text is a sentence that says why and what to do."""


class Refused(Exception):
    """Raised inside a verb, so that nothing of it is kept."""
