"""What a plan refuses. The text is a Vietnamese sentence for the person who asked."""


class PlanRefused(Exception):
    """A change of a plan that cannot be made now; nothing was written."""
