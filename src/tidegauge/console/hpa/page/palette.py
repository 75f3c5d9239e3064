"""Colours by their part in a picture, on light and on dark ground.

After Okabe and Ito, so that they stay apart for the colour-blind; darkened or lightened until lines
and words have a contrast of 4.5 to the ground. No picture tells by colour alone: dashes, fills and
words say the same.
"""

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "ground": "#ffffff",
    "raised": "#f4f6f8",
    "ink": "#1b2530",
    "dim": "#566473",
    "rule": "#dbe1e7",
    "blue": "#0067ad",
    "orange": "#b35000",
    "green": "#00775a",
    "purple": "#9a3f87",
    "pale": "#b9d7ee",
    "paler": "#d9eaf7",
    "warm": "#f3cfae",
    "warmer": "#f9e1ca",
    "band": "#d0e8dd",
}

DARK: Mapping[str, str] = {
    "ground": "#0f1720",
    "raised": "#16212d",
    "ink": "#dfe8f0",
    "dim": "#94a5b6",
    "rule": "#2a3947",
    "blue": "#5db5f2",
    "orange": "#ff9f5f",
    "green": "#4bcfa3",
    "purple": "#e59ad2",
    "pale": "#1f4d70",
    "paler": "#173247",
    "warm": "#6b4527",
    "warmer": "#432d1e",
    "band": "#1d4a3d",
}


def variables(palette: Mapping[str, str]) -> str:
    """As CSS custom properties."""
    return "".join(f"--{name}:{colour};" for name, colour in palette.items())
