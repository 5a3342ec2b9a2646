"""What a person must know to go on, in one sentence."""


class SetupError(Exception):
    """Shown as it is, without a trace: it says what is wrong, where, and what to do."""
