"""A request for a stored kind, and its options as values."""

from dataclasses import dataclass
from functools import partial

import msgspec

from tidegauge.sandbox.apiserver.changes import Place
from tidegauge.sandbox.apiserver.decoding import parse
from tidegauge.sandbox.apiserver.failures import bad_dry_run
from tidegauge.sandbox.apiserver.forms import Form, asked_form
from tidegauge.sandbox.apiserver.kinds import Kind
from tidegauge.sandbox.apiserver.selecting import parse_fields
from tidegauge.sandbox.apiserver.writing import Options
from tidegauge.serving.messages import Request
from tidegauge.serving.options import ListOptions, parse_list_options
from tidegauge.serving.query import Query
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.serving.status import StatusError, bad_request


class DeleteOptions(msgspec.Struct, rename="camel"):
    """The body of a deletion, as far as it is used."""

    grace_period_seconds: int | None = None
    propagation_policy: str = ""
    preconditions: dict[str, str | None] | None = None
    dry_run: list[str] | None = None


_OPTIONS = {
    "create": "CreateOptions",
    "delete": "DeleteOptions",
    "deletecollection": "DeleteOptions",
    "patch": "PatchOptions",
    "update": "UpdateOptions",
}
"""The kinds that the options of writes have in messages."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a stored kind."""

    request: Request
    info: RequestInfo
    query: Query
    kind: Kind

    @property
    def place(self) -> Place:
        info = self.info
        namespace = info.namespace if self.kind.namespaced else ""
        return Place(self.kind, namespace, info.name, info.subresource)

    @property
    def content_type(self) -> str:
        return (self.request.header("content-type") or "").partition(";")[0].strip()

    @property
    def options(self) -> Options:
        dry_run = self.query.get("dryRun")
        if dry_run not in ("", "All"):
            raise StatusError(bad_dry_run(_OPTIONS[self.info.verb], dry_run))
        return Options(self.query.get("fieldValidation") or "Warn", dry_run == "All")

    def form(self, kind: Kind | None = None) -> Form:
        return asked_form(kind or self.kind, self.request.header("accept") or "", self.query)

    def list_options(self) -> ListOptions:
        return parse_list_options(self.query, partial(parse_fields, self.kind))


def delete_options(asked: Asked) -> DeleteOptions:
    query = asked.query
    options = DeleteOptions()
    if asked.request.body:
        value = parse(asked.request.body, asked.content_type)
        try:
            options = msgspec.convert(value, DeleteOptions)
        except msgspec.ValidationError as error:
            raise StatusError(bad_request(f"DeleteOptions: {error}")) from error
    if grace := query.get("gracePeriodSeconds"):
        options.grace_period_seconds = int(grace) if grace.isdecimal() else None
    options.propagation_policy = query.get("propagationPolicy") or options.propagation_policy
    return options
