"""The one error of both kinds of selectors."""


class SelectorError(ValueError):
    """A selector that cannot be parsed; the text is what the API server would answer."""
