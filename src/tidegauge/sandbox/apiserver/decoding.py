"""Objects from requests, in any format, held against the types; what nobody knows is left out."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
import yaml

from tidegauge.sandbox.apiserver import wire
from tidegauge.sandbox.apiserver.failures import unsupported_media
from tidegauge.sandbox.apiserver.kinds import Kind
from tidegauge.sandbox.apiserver.quantities import QuantityError, canonical
from tidegauge.sandbox.apiserver.readable import seconds_of
from tidegauge.sandbox.apiserver.schema import (
    INT_OR_STRING,
    LIST,
    MAP,
    QUANTITY,
    Type,
    type_name,
    type_of,
)
from tidegauge.serving.negotiation import JSON, PROTOBUF, YAML
from tidegauge.serving.status import StatusError, bad_request

Object = dict[str, Any]

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

_NAMES = {
    bool: "bool",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}

_TIMES = ("meta.v1.Time", "meta.v1.MicroTime")

_WANTED: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "bytes": (str,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    INT_OR_STRING: (int, str),
    QUANTITY: (str, int, float),
    "meta.v1.Time": (str,),
    "meta.v1.MicroTime": (str,),
}


def parse(body: bytes, content_type: str) -> Any:
    """The value in a body. Raises StatusError: 415, or 400 for what can't be read."""
    media = content_type.partition(";")[0].strip() or JSON
    try:
        if media.endswith(("json", "+json")):
            return msgspec.json.decode(body)
        if media.endswith("yaml"):
            return yaml.load(body, _LOADER)  # noqa: S506  (it is a safe loader)
        if media == PROTOBUF:
            return wire.read(body)
    except (msgspec.DecodeError, yaml.YAMLError, ValueError, IndexError) as error:
        what = media.rpartition("/")[2]
        message = f"couldn't get version/kind; {what} parse error: {error}"
        raise StatusError(bad_request(message)) from error
    raise StatusError(unsupported_media((JSON, YAML, PROTOBUF)))


@dataclass
class _Check:
    kind: Kind
    unknown: list[str] = field(default_factory=list)

    def object(self, value: Object, fields: Type, path: str) -> Object:
        kept: Object = {}
        for key, inner in value.items():
            where = f"{path}.{key}" if path else key
            known = fields.get(key)
            if known is None:
                self.unknown.append(where)
            elif inner is not None:
                found = self.value(inner, known.type, where)
                # Go leaves empty lists and maps out, unlike empty structs.
                if found not in ([], {}) or not known.type.startswith((LIST, MAP)):
                    kept[key] = found
        return kept

    def value(self, value: Any, wanted: str, path: str) -> Any:
        if wanted.startswith(LIST):
            self.expect(value, (list,), wanted, path)
            inner = wanted.removeprefix(LIST)
            return [self.value(each, inner, f"{path}[{n}]") for n, each in enumerate(value)]
        if wanted.startswith(MAP):
            self.expect(value, (dict,), wanted, path)
            inner = wanted.removeprefix(MAP)
            return {key: self.value(each, inner, f"{path}.{key}") for key, each in value.items()}
        if fields := type_of(wanted):
            self.expect(value, (dict,), wanted, path)
            return self.object(value, fields, path)
        self.expect(value, _WANTED.get(wanted, (object,)), wanted, path)
        if wanted in _TIMES:
            self.check_time(value)
        return self.quantity(value) if wanted == QUANTITY else value

    def expect(self, value: Any, types: tuple[type, ...], wanted: str, path: str) -> None:
        if isinstance(value, types) and (bool in types or not isinstance(value, bool)):
            return
        found = _NAMES.get(type(value), "null")
        self.refuse(f"json: cannot unmarshal {found} into field {path} of type {wanted}")

    def check_time(self, value: str) -> None:
        try:
            seconds_of(value)
        except ValueError:
            self.refuse(f'parsing time "{value}" as RFC 3339: it is none')

    def quantity(self, value: Any) -> str:
        try:
            return canonical(str(value))
        except QuantityError as error:
            self.refuse(str(error))
            raise

    def refuse(self, why: str) -> None:
        kind = self.kind
        subject = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}'
        raise StatusError(bad_request(f"{subject}: {why}"))


def conform(value: Any, kind: Kind, validation: str) -> tuple[Object, list[str]]:
    """The object without what its kind does not know, and warnings of that.

    `validation` is the option `fieldValidation`: Strict refuses unknown fields, Ignore says
    nothing of them. Raises StatusError 400.
    """
    check = _Check(kind)
    if not isinstance(value, dict):
        check.refuse(f"json: cannot unmarshal {_NAMES.get(type(value), 'null')} into an object")
    obj = check.object(value, type_of(type_name(kind)), "")
    obj.setdefault("metadata", {})
    told = [f'unknown field "{path}"' for path in check.unknown]
    if told and validation == "Strict":
        check.refuse(f"strict decoding error: {', '.join(told)}")
    return obj, [] if validation == "Ignore" else told


def check_kind(obj: Any, kind: Kind) -> None:
    """What the object says it is must be what the path says. Raises StatusError 400."""
    said = obj.get("apiVersion", ""), obj.get("kind", "")
    if not all(isinstance(word, str) for word in said):
        return  # as any field of the wrong type it is refused later
    if said != (kind.api_version, kind.kind) and any(said):
        version = said[0].rpartition("/")[2]
        ours = f"{kind.group.partition('.')[0] or 'core'}.{kind.kind}"
        raise StatusError(
            bad_request(
                f'{said[1]} in version "{version}" cannot be handled as a {kind.kind}: converting '
                f"({version}.{said[1]}) to ({ours}): unknown conversion"
            )
        )
