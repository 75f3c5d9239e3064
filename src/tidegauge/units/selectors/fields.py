"""Field selectors: `metadata.name=web-0,metadata.namespace!=kube-system`."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tidegauge.units.gotext import quote
from tidegauge.units.selectors.errors import SelectorError

_PIECE = re.compile(r"(?:[^\\,]|\\.?)*", re.DOTALL)
_OPERATOR = re.compile("!=|==|=")
_SPECIAL = re.compile(r"\\(?P<escaped>.?)|(?P<bare>[,=])", re.DOTALL)

_KNOWN_FIELDS = ("metadata.name", "metadata.namespace")


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """Terms of field, value, and whether they must be equal. A missing field has the value ""."""

    terms: tuple[tuple[str, str, bool], ...] = ()

    @property
    def empty(self) -> bool:
        return not self.terms

    def matches(self, fields: Mapping[str, str]) -> bool:
        return all((fields.get(field, "") == value) is equal for field, value, equal in self.terms)


def parse_field_selector(
    text: str, known_fields: Collection[str] | None = _KNOWN_FIELDS
) -> FieldSelector:
    """Parse a field selector over some fields, or over any when None are given.

    In a value a comma, an equals sign and a backslash are escaped by a backslash. SelectorError
    says which piece is no term, has a bad escape, or names a field that nobody knows.
    """
    terms = [_parse_term(piece, text) for piece in sorted(_split(text)) if piece]
    terms = [term for term in terms if term[0] or term[1]]
    for field, _, _ in terms:
        if known_fields is not None and field not in known_fields:
            known = ", ".join(map(quote, known_fields))
            raise SelectorError(f"{quote(field)} is not a known field selector: only {known}")
    return FieldSelector(tuple(terms))


def _split(text: str) -> list[str]:
    """Split at commas that no backslash escapes; the pieces keep their backslashes."""
    pieces, start = [], 0
    while start <= len(text):
        piece = _PIECE.match(text, start)
        assert piece is not None  # the pattern matches the empty string too
        pieces.append(piece[0])
        start = piece.end() + 1
    return pieces


def _parse_term(piece: str, selector: str) -> tuple[str, str, bool]:
    operator = _OPERATOR.search(piece)
    if not operator:
        raise SelectorError(f"invalid selector: '{selector}'; can't understand '{piece}'")
    value = _SPECIAL.sub(_unescape, piece[operator.end() :])
    return piece[: operator.start()], value, operator[0] != "!="


def _unescape(special: re.Match[str]) -> str:
    if special["bare"]:
        code = ord(special["bare"])
        raise SelectorError(f"invalid field selector: unescaped character in value: {code}")
    if special["escaped"] not in ("\\", ",", "="):
        raise SelectorError(f"invalid field selector: invalid escape sequence: {special[0]}")
    return special["escaped"]
