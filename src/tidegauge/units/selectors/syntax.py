"""What a label key and a label value may look like, and what the API server says if they do not."""

import re

_KEY_PATTERN = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE_PATTERN = f"({_KEY_PATTERN})?"
_DNS_LABEL_PATTERN = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN_PATTERN = rf"{_DNS_LABEL_PATTERN}(\.{_DNS_LABEL_PATTERN})*"

_KEY = re.compile(_KEY_PATTERN)
_VALUE = re.compile(_VALUE_PATTERN)
_SUBDOMAIN = re.compile(_SUBDOMAIN_PATTERN)

_MAX_NAME = 63
_MAX_SUBDOMAIN = 253

_EMPTY = "must be non-empty"
_BAD_KEY = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
    "an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
    f"regex used for validation is '{_KEY_PATTERN}')"
)
_BAD_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    f"'12345', regex used for validation is '{_VALUE_PATTERN}')"
)
_BAD_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', "
    f"regex used for validation is '{_SUBDOMAIN_PATTERN}')"
)
_TOO_MANY_PARTS = (
    f"a valid label key {_BAD_KEY} with an optional DNS subdomain prefix and '/' "
    "(e.g. 'example.com/MyName')"
)


def key_faults(key: str) -> list[str]:
    """What is wrong with a label key, in the words of Kubernetes 1.36; empty if nothing."""
    if key.count("/") > 1:
        return [_TOO_MANY_PARTS]
    prefix, slash, name = key.rpartition("/")
    faults = [f"prefix part {fault}" for fault in _prefix_faults(prefix)] if slash else []
    return faults + [f"name part {fault}" for fault in _name_faults(name)]


def value_faults(value: str) -> list[str]:
    """What is wrong with a label value; empty if nothing."""
    return _faults(value, _MAX_NAME, _VALUE, _BAD_VALUE)


def _prefix_faults(prefix: str) -> list[str]:
    return _faults(prefix, _MAX_SUBDOMAIN, _SUBDOMAIN, _BAD_SUBDOMAIN) if prefix else [_EMPTY]


def _name_faults(name: str) -> list[str]:
    return _faults(name, _MAX_NAME, _KEY, _BAD_KEY) if name else [_EMPTY, _BAD_KEY]


def _faults(text: str, limit: int, pattern: re.Pattern[str], complaint: str) -> list[str]:
    faults = []
    if len(text.encode(errors="surrogateescape")) > limit:
        faults.append(f"must be no more than {limit} bytes")
    if not pattern.fullmatch(text):
        faults.append(complaint)
    return faults
