"""Kinds of flag values: how a text becomes a value, and how a value is shown."""

import csv
import ipaddress
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from tidegauge.units.duration import format_duration, parse_duration
from tidegauge.units.selectors import LabelSelector, parse_label_selector


@dataclass(frozen=True, slots=True)
class Kind:
    """`read` raises ValueError saying what is wrong and what would be right.

    Of a kind with `many` every text adds its values (read gives a tuple); else the last one wins.
    A kind without `placeholder` is a switch. `files` picks the files a value names.
    """

    placeholder: str
    read: Callable[[str], Any]
    show: Callable[[Any], str] = str
    many: bool = False
    files: Callable[[Any], tuple[str, ...]] = lambda _: ()


class SniPair(NamedTuple):
    """A certificate and key to serve for some server names; no names mean the certificate's own."""

    certificate: str
    key: str
    names: tuple[str, ...] = ()


class HostPort(NamedTuple):
    host: str
    """Empty for all interfaces."""
    port: int


_TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
_FALSE = frozenset(("0", "f", "F", "false", "FALSE", "False"))

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})")


def _read_switch(text: str) -> bool:
    if text not in _TRUE | _FALSE:
        raise ValueError("is neither true nor false")
    return text in _TRUE


def _read_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("is not a whole number")
    return int(text)


def _read_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("is not a number, such as 0.1")
    return number


def _read_seconds(text: str) -> float:
    try:
        return parse_duration(text) / 1e9
    except ValueError:
        raise ValueError(
            "is not a duration: write numbers with units, such as 15s, 1m30s or 500ms"
        ) from None


def _read_words(text: str) -> tuple[str, ...]:
    """Go reads such lists as one line of CSV, so a word with a comma can be quoted."""
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise ValueError(f"is not a comma-separated list: {error}") from None
    return tuple(rows[0]) if rows else ()


def _read_ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text)) if text else ""
    except ValueError:
        raise ValueError("is not an IP address, such as 0.0.0.0 or ::1") from None


def _read_host_port(text: str) -> HostPort | None:
    if not text:
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not _INTEGER.fullmatch(port) or not 1 <= int(port) <= 65535:
        raise ValueError("is not an address with a port from 1 to 65535, such as 127.0.0.1:8080")
    return HostPort(_read_ip(host.removeprefix("[").removesuffix("]")), int(port))


def _show_host_port(address: HostPort | None) -> str:
    if address is None:
        return ""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


def _read_selector(text: str) -> LabelSelector:
    try:
        return parse_label_selector(text)
    except ValueError as error:
        raise ValueError(f"is not a label selector: {error}") from None


def _read_sni_pair(text: str) -> tuple[SniPair]:
    files, _, names = text.partition(":")
    certificate, _, key = (part.strip() for part in files.partition(","))
    if not certificate or not key or "," in key:
        raise ValueError("is not a pair of files, as in CERT,KEY or CERT,KEY:NAME,NAME")
    return (SniPair(certificate, key, tuple(filter(None, map(str.strip, names.split(","))))),)


def _show_seconds(seconds: float | None) -> str:
    return "" if seconds is None else format_duration(round(seconds * 1e9))


SWITCH = Kind("", _read_switch, lambda value: str(value).lower())
INTEGER = Kind("int", _read_integer)
NUMBER = Kind("number", _read_number, lambda value: f"{value:g}")
DURATION = Kind("duration", _read_seconds, _show_seconds)
TEXT = Kind("string", str)
WORDS = Kind("strings", _read_words, ",".join, many=True)
FILE = Kind("file", str, files=lambda path: (path,) if path else ())
FILES = Kind("file", lambda path: (path,) if path else (), ",".join, many=True, files=tuple)
IP = Kind("ip", _read_ip)
HOST_PORT = Kind("address:port", _read_host_port, _show_host_port)
SELECTOR = Kind("selector", _read_selector, lambda _: "")
SNI_PAIR = Kind(
    "cert,key",
    _read_sni_pair,
    lambda _: "",
    many=True,
    files=lambda pairs: tuple(path for pair in pairs for path in pair[:2]),
)
