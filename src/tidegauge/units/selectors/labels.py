"""Label selectors: `app=web,tier notin (a,b),!canary,weight>5`."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tidegauge.units.gotext import quote
from tidegauge.units.selectors.errors import SelectorError
from tidegauge.units.selectors.syntax import key_faults, value_faults


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether the value of `key` is among `values` must be as `wanted` says.

    A missing key has the value None, so that every operator but `<` and `>` comes down to this one.
    """

    key: str
    values: frozenset[str | None]
    wanted: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """The value of `key` must be an integer, above `limit` if `greater`, else below."""

    key: str
    limit: int
    greater: bool

    def matches(self, labels: Mapping[str, str]) -> bool:
        value = _parse_int64(labels.get(self.key, ""))
        if value is None:
            return False
        return value > self.limit if self.greater else value < self.limit


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All terms must match; no terms match everything."""

    memberships: tuple[Membership, ...] = ()
    comparisons: tuple[Comparison, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.memberships or self.comparisons)

    def matches(self, labels: Mapping[str, str]) -> bool:
        for term in self.memberships:
            if (labels.get(term.key) in term.values) is not term.wanted:
                return False
        return not self.comparisons or all(term.matches(labels) for term in self.comparisons)


def parse_label_selector(text: str) -> LabelSelector:
    """Parse a label selector; SelectorError where syntax, a key or a value is wrong."""
    terms = _Parser(text).terms()
    return LabelSelector(
        tuple(term for term in terms if isinstance(term, Membership)),
        tuple(term for term in terms if isinstance(term, Comparison)),
    )


class _Token(NamedTuple):
    kind: str
    """The symbol or keyword itself, or one of the two below."""
    text: str


_WORD = "word"
_END = "end"

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<symbol>==|!=|[=!(),<>])|(?P<word>[^ \t\r\n=!(),<>\0]+)|\0)\0?"
)
"""A NUL ends a word; where a token should begin it ends the selector, as in Kubernetes' lexer."""

_KEYWORDS = ("in", "notin")


def _scan(text: str) -> list[_Token]:
    tokens = []
    for match in _TOKEN.finditer(text.rstrip(" \t\r\n")):
        if match["symbol"] or match["word"] in _KEYWORDS:
            lexeme = match["symbol"] or match["word"]
            tokens.append(_Token(lexeme, lexeme))
        elif match["word"]:
            tokens.append(_Token(_WORD, match["word"]))
        else:
            break
    return [*tokens, _Token(_END, "")]


class _Parser:
    """Recursive descent over the tokens, one method for each rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._tokens = _scan(text)
        self._position = 0

    def _peek(self) -> _Token:
        """The next token, where "in" and "notin" are plain words."""
        token = self._tokens[self._position]
        return _Token(_WORD, token.text) if token.kind in _KEYWORDS else token

    def _next(self) -> _Token:
        token = self._peek()
        self._position += 1
        return token

    def terms(self) -> list[Membership | Comparison]:
        first = self._peek()
        if first.kind == _END:
            return []
        if first.kind not in (_WORD, "!"):
            raise _unexpected(first, "expected: !, identifier, or 'end of string'")
        terms = [self._requirement()]
        while (token := self._next()).kind != _END:
            if token.kind != ",":
                raise _unexpected(token, "expected: ',' or 'end of string'")
            if self._peek().kind not in (_WORD, "!"):
                raise _unexpected(self._peek(), "expected: identifier after ','")
            terms.append(self._requirement())
        return terms

    def _requirement(self) -> Membership | Comparison:
        try:
            return self._checked_requirement()
        except SelectorError as error:
            raise SelectorError(f"unable to parse requirement: {error}") from error

    def _checked_requirement(self) -> Membership | Comparison:
        negated = self._peek().kind == "!"
        if negated:
            self._next()
        key = self._key()
        if negated or self._peek().kind in (_END, ","):
            return Membership(key, frozenset((None,)), wanted=negated)
        operator = self._operator()
        values = self._value_list() if operator in _KEYWORDS else [self._single_value()]
        _check_values(key, operator, values)
        if operator in ("<", ">"):
            return Comparison(key, int(values[0]), greater=operator == ">")
        return Membership(key, frozenset(values), wanted=operator in ("in", "=", "=="))

    def _key(self) -> str:
        token = self._next()
        if token.kind != _WORD:
            raise _unexpected(token, "expected: identifier")
        if faults := key_faults(token.text):
            raise SelectorError(invalid("<nil>", token.text, faults))
        return token.text

    def _operator(self) -> str:
        token = self._tokens[self._position]
        self._position += 1
        if token.kind not in (*_KEYWORDS, "=", "==", "!=", "<", ">"):
            raise _unexpected(token, "expected: in, notin, =, ==, !=, gt, lt")
        return token.kind

    def _single_value(self) -> str:
        if self._peek().kind in (_END, ","):
            return ""
        token = self._next()
        if token.kind != _WORD:
            raise _unexpected(token, "expected: identifier")
        return token.text

    def _value_list(self) -> list[str]:
        """The values in parentheses, sorted; nothing before or after a comma is an empty value."""
        token = self._next()
        if token.kind != "(":
            raise SelectorError(f"found '{token.text}' expected: '('")
        if self._peek().kind not in (_WORD, ",", ")"):
            raise _unexpected(self._peek(), "expected: ',', ')' or identifier")
        values = {self._list_item()}
        while self._next().kind == ",":
            values.add(self._list_item())
        return sorted(values)

    def _list_item(self) -> str:
        """An item up to, not including, the comma or parenthesis that follows it."""
        if self._peek().kind in (",", ")"):
            return ""
        token = self._next()
        if token.kind != _WORD:
            raise _unexpected(token, "expected: ',', or identifier")
        if self._peek().kind not in (",", ")"):
            raise _unexpected(self._peek(), "expected: ',' or ')'")
        return token.text


def _check_values(key: str, operator: str, values: list[str]) -> None:
    complaints = []
    if operator in ("<", ">") and _parse_int64(values[0]) is None:
        fault = "for 'Gt', 'Lt' operators, the value must be an integer"
        complaints.append(invalid("values[0]", values[0], [fault]))
    for index, value in enumerate(values):
        if faults := value_faults(value):
            complaints.append(invalid(f"values[{index}][{key}]", value, faults))
    if complaints:
        raise SelectorError(together(complaints))


def together(complaints: Sequence[str]) -> str:
    """Several errors as one, at least one of them."""
    return complaints[0] if len(complaints) == 1 else f"[{', '.join(complaints)}]"


def invalid(path: str, value: str, faults: Iterable[str]) -> str:
    """The error of a field."""
    return f"{path}: Invalid value: {quote(value)}: {'; '.join(faults)}"


def _unexpected(token: _Token, expected: str) -> SelectorError:
    return SelectorError(f"found '{token.text}', {expected}")


_INTEGER = re.compile(r"[-+]?0*[0-9]{1,19}")


def _parse_int64(text: str) -> int | None:
    """A decimal integer of 64 bits, or None: stricter than int(), and bounded."""
    if not _INTEGER.fullmatch(text):
        return None
    value = int(text)
    return value if -(2**63) <= value < 2**63 else None
