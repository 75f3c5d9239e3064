"""How objects are answered: as they are, as metadata only, or as a Table."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidegauge.sandbox.apiserver.columns import COLUMNS
from tidegauge.sandbox.apiserver.kinds import Kind
from tidegauge.sandbox.apiserver.storage import Object
from tidegauge.sandbox.apiserver.versions import outward
from tidegauge.serving.negotiation import JSON, YAML, Conversion, MediaType, check_route, choose
from tidegauge.serving.query import Query
from tidegauge.serving.status import StatusError, not_acceptable
from tidegauge.serving.table import included_object

META = "meta.k8s.io/v1"

FORMATS = (JSON, YAML)
"""No protobuf: clients that ask for it alone are told 406, all others take JSON, as they must for
kinds that never had any."""

_CONVERSIONS = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")


@dataclass(frozen=True, slots=True)
class Form:
    """The form one client asked for."""

    kind: Kind
    media: MediaType
    included: str = "Metadata"
    """What a row of a Table carries beside its cells."""

    @property
    def conversion(self) -> str:
        """The kind that objects are turned into; empty for none."""
        return self.media.conversion.kind if self.media.conversion else ""

    def one(self, obj: Object, now: float) -> Object:
        match self.conversion:
            case "Table":
                version = obj["metadata"]["resourceVersion"]
                return self._table([obj], {"resourceVersion": version}, now)
            case "PartialObjectMetadata":
                return partial(self._served(obj))
        return self._served(obj)

    def many(self, objects: Sequence[Object], metadata: Object, now: float) -> Object:
        """A list; in it, objects do not say their kind again, as in Kubernetes."""
        match self.conversion:
            case "Table":
                return self._table(objects, metadata, now)
            case "PartialObjectMetadataList":
                items = [partial(self._served(obj)) for obj in objects]
                kind, version = "PartialObjectMetadataList", META
            case _:
                items = [_untyped(self._served(obj)) for obj in objects]
                kind, version = f"{self.kind.kind}List", self.kind.api_version
        return {"kind": kind, "apiVersion": version, "metadata": metadata, "items": items}

    def event(self, obj: Object, now: float, *, first: bool) -> Object:
        """An object in a watch, where only the first Table says what its columns are."""
        shown = self.one(obj, now)
        if self.conversion == "Table" and not first:
            return shown | {"columnDefinitions": None}
        return shown

    def bookmark(self, version: int, annotations: dict[str, str]) -> Object:
        metadata: Object = {"resourceVersion": str(version)}
        if annotations:
            metadata["annotations"] = annotations
        obj = {"kind": self.kind.kind, "apiVersion": self.kind.api_version, "metadata": metadata}
        match self.conversion:
            case "Table":
                row = {"cells": [], "object": partial(obj)}
                return {"kind": "Table", "apiVersion": META} | {
                    "metadata": {"resourceVersion": str(version)},
                    "columnDefinitions": None,
                    "rows": [row],
                }
            case "PartialObjectMetadata":
                return partial(obj)
        return obj

    def _table(self, objects: Sequence[Object], metadata: Object, now: float) -> Object:
        columns = COLUMNS[self.kind.resource]
        return {
            "kind": "Table",
            "apiVersion": META,
            "metadata": metadata,
            "columnDefinitions": [
                {
                    "name": column.name,
                    "type": column.type,
                    "format": "name" if column.name == "Name" else "",
                    "description": "",
                    "priority": int(column.wide),
                }
                for column in columns
            ],
            "rows": [
                {"cells": [column.cell(obj, now) for column in columns], **self._carried(obj)}
                for obj in objects
            ],
        }

    def _carried(self, obj: Object) -> Object:
        match self.included:
            case "None":
                return {"object": None}
            case "Object":
                return {"object": self._served(obj)}
        return {"object": partial(self._served(obj))}

    def _served(self, obj: Object) -> Object:
        return outward(self.kind, obj)


def partial(obj: Object) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": META, "metadata": obj["metadata"]}


def _untyped(obj: Object) -> Object:
    return {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}


def asked_form(kind: Kind, accept: str, query: Query) -> Form:
    """The form an Accept header asks for. Raises StatusError: 406, or 400 for a bad option."""
    check_route(accept, FORMATS)
    media = choose(accept, allowed)
    if media is None:
        accepted = ", ".join(FORMATS)
        message = f"only the following media types are accepted: {accepted}"
        raise StatusError(not_acceptable(message))
    form = Form(kind, media)
    return Form(kind, media, included_object(query)) if form.conversion == "Table" else form


def allowed(media_format: str, conversion: Conversion | None) -> bool:
    if media_format not in FORMATS:
        return False
    if conversion is None:
        return True
    known = conversion.kind in _CONVERSIONS and conversion.group == "meta.k8s.io"
    return known and conversion.version == "v1"
