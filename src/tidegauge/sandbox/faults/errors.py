"""What can be wrong with a wish for a fault."""


class FaultError(Exception):
    """A fault that can't be played as asked; says what would be right."""
