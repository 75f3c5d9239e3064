"""YAML as Kubernetes writes it: made from the JSON form, keys sorted, two spaces."""

import re
from typing import Any

import msgspec
import yaml

_RESERVED = re.compile(
    r"""
    ~ | null | Null | NULL | true | True | TRUE | false | False | FALSE
    | y | Y | yes | Yes | YES | n | N | no | No | NO | on | On | ON | off | Off | OFF  # YAML 1.1
    | [-+]? (?: 0b[01_]+ | 0o?[0-7_]+ | 0x[0-9a-fA-F_]+ | [0-9][0-9_]* )               # integers
    | [-+]? (?: \.[0-9]+ | [0-9][0-9_]* (?: \.[0-9]* )? ) (?: [eE][-+]?[0-9]+ )?       # floats
    | [-+]? \. (?: inf | Inf | INF ) | \. (?: nan | NaN | NAN )
    | [-+]? [0-9][0-9_]* (?: : [0-5]?[0-9] )+ (?: \.[0-9_]* )?                         # base 60
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} (?: [Tt\ ] .* )?                                  # times
    | << | =
    """,
    re.VERBOSE,
)
"""Texts that would be read back as something else, so they stand in double quotes."""


class _Dumper(yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper):  # type: ignore[misc]
    """Quotes as go-yaml does; the rest of the writing is the same algorithm in both."""


def _represent_text(dumper: _Dumper, text: str) -> yaml.Node:
    if "\n" in text:
        style = "|"
    elif not text or _RESERVED.fullmatch(text):
        style = '"'
    else:
        style = None
    node: yaml.Node = dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
    return node


_Dumper.add_representer(str, _represent_text)


def dump(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, default_flow_style=False)


def from_json(text: str) -> str:
    return dump(msgspec.json.decode(text))
