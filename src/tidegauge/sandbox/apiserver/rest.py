"""The API of stored kinds: from a request that is allowed to its answer."""

import random
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial as bound

import msgspec

from tidegauge.sandbox.apiserver.decoding import parse
from tidegauge.sandbox.apiserver.failures import other_uid, other_version, unsupported_patch
from tidegauge.sandbox.apiserver.forms import Form, asked_form
from tidegauge.sandbox.apiserver.history import History
from tidegauge.sandbox.apiserver.kinds import Kind
from tidegauge.sandbox.apiserver.lifecycle import Lifecycle, Policy
from tidegauge.sandbox.apiserver.lists import Lists, check_version
from tidegauge.sandbox.apiserver.namespaces import Namespaces
from tidegauge.sandbox.apiserver.scales import SCALE, scale_of
from tidegauge.sandbox.apiserver.selecting import parse_fields
from tidegauge.sandbox.apiserver.storage import Object, Storage, key_of
from tidegauge.sandbox.apiserver.watches import BOOKMARK_SECONDS, Watch, begin
from tidegauge.sandbox.apiserver.writing import PATCHES, Options, Place, Writer, Written
from tidegauge.serving import jsontext, yamltext
from tidegauge.serving.messages import Request, Response
from tidegauge.serving.negotiation import YAML, MediaType
from tidegauge.serving.options import ListOptions, parse_list_options, wants_pretty
from tidegauge.serving.query import Query, parse_query
from tidegauge.serving.requestinfo import RequestInfo
from tidegauge.serving.status import StatusError, bad_request, method_not_allowed

WATCH_SECONDS = (1800, 3600)
"""How long a watch lasts that does not say: as in kube-apiserver, spread so not all end at once."""


class DeleteOptions(msgspec.Struct, rename="camel"):
    """The body of a deletion, as far as it is used."""

    grace_period_seconds: int | None = None
    propagation_policy: str = ""
    preconditions: dict[str, str | None] | None = None
    dry_run: list[str] | None = None


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
            raise StatusError(bad_request(f"dryRun: Unsupported value: {dry_run}"))
        return Options(self.query.get("fieldValidation") or "Warn", dry_run == "All")

    def form(self, kind: Kind | None = None) -> Form:
        return asked_form(kind or self.kind, self.request.header("accept") or "", self.query)

    def list_options(self) -> ListOptions:
        return parse_list_options(self.query, bound(parse_fields, self.kind.resource))


class Rest:
    """`bookmark_seconds` is how often watches that take bookmarks get one."""

    def __init__(
        self,
        storage: Storage,
        history: History,
        lifecycle: Lifecycle,
        namespaces: Namespaces,
        *,
        bookmark_seconds: float = BOOKMARK_SECONDS,
    ) -> None:
        self._storage = storage
        self._history = history
        self._lifecycle = lifecycle
        self._namespaces = namespaces
        self._writer = Writer(storage, lifecycle)
        self.lists = Lists(storage)
        self._bookmark_seconds = bookmark_seconds
        self._watches: set[Watch] = set()
        self._handlers: Mapping[str, Callable[[Asked], Response]] = {
            "create": self._create,
            "delete": self._delete,
            "deletecollection": self._delete_all,
            "get": self._get,
            "list": self._list,
            "patch": self._patch,
            "update": self._update,
            "watch": self._watch,
        }

    def answer(self, asked: Asked) -> Response:
        """Raises StatusError."""
        handler = self._handlers.get(asked.info.verb)
        allowed = asked.info.subresource or asked.info.verb in asked.kind.verbs
        if handler is None or not allowed or (asked.info.verb == "create" and asked.info.name):
            raise StatusError(method_not_allowed())
        return handler(asked)

    def end_watches(self) -> None:
        for watch in tuple(self._watches):
            watch.end()

    def _get(self, asked: Asked) -> Response:
        obj = self._writer.existing(asked.place)
        return self._shown(asked, obj)

    def _list(self, asked: Asked) -> Response:
        form = asked.form()
        namespace = asked.info.namespace or None
        page = self.lists.page(asked.kind.resource, namespace, asked.list_options(), asked.query)
        shown = form.many(page.objects, page.metadata, self._storage.clock.now())
        return encoded(200, shown, form.media, asked.request)

    def _watch(self, asked: Asked) -> Response:
        form = asked.form()
        options = asked.list_options()
        check_version(asked.query, self._storage.version)
        now = self._storage.clock.now
        watch = Watch(form, options, asked.info.namespace or None, now)
        seconds = float(asked.query.get("timeoutSeconds") or 0)
        seconds = seconds or random.uniform(*WATCH_SECONDS)  # noqa: S311  (spreads load)
        wants = asked.query.is_set("allowWatchBookmarks")
        bookmarks = self._bookmark_seconds if wants else 0.0
        body = self._lines(watch, asked, seconds, bookmarks)
        return Response(200, [("Content-Type", form.media.format)], lasting=body)

    async def _lines(
        self, watch: Watch, asked: Asked, seconds: float, bookmarks: float
    ) -> AsyncGenerator[bytes, None]:
        """Begins when the first line is taken, so nothing falls between the past and the live."""
        resource = asked.kind.resource
        begin(watch, asked.query, self._storage, self._history, resource)
        leave = self._storage.observe(resource, watch.change)
        self._watches.add(watch)
        try:
            async for line in watch.lines(seconds, bookmarks, lambda: self._storage.version):
                yield line
        finally:
            self._watches.discard(watch)
            leave()

    def _create(self, asked: Asked) -> Response:
        value = parse(asked.request.body, asked.content_type)
        return self._written(asked, self._writer.create(asked.place, value, asked.options))

    def _update(self, asked: Asked) -> Response:
        value = parse(asked.request.body, asked.content_type)
        return self._written(asked, self._writer.replace(asked.place, value, asked.options))

    def _patch(self, asked: Asked) -> Response:
        if asked.content_type not in PATCHES:
            raise StatusError(unsupported_patch())
        patch = parse(asked.request.body, asked.content_type)
        written = self._writer.patch(asked.place, patch, asked.content_type, asked.options)
        return self._written(asked, written)

    def _delete(self, asked: Asked) -> Response:
        options = _delete_options(asked)
        obj = self._writer.existing(asked.place)
        _check_preconditions(asked.kind, obj, options.preconditions or {})
        left, gone = obj, True
        if not options.dry_run and not asked.options.dry_run:
            left, gone = self._end(asked.kind, obj, options)
        if not gone or asked.kind.resource in _RETURNED:
            return self._shown(asked, left)
        details = {"name": asked.info.name, "group": asked.kind.group, "kind": asked.kind.resource}
        details |= {"uid": obj["metadata"]["uid"]}
        status = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": {key: value for key, value in details.items() if value},
        }
        return encoded(200, status, asked.form().media, asked.request)

    def _delete_all(self, asked: Asked) -> Response:
        options = _delete_options(asked)
        namespace = asked.info.namespace or None
        page = self.lists.page(asked.kind.resource, namespace, asked.list_options(), asked.query)
        left: list[Object] = []
        for obj in page.objects:
            with suppress(StatusError):  # gone with another of them
                left.append(self._end(asked.kind, obj, options)[0])
        form = asked.form()
        shown = form.many(left, page.metadata, self._storage.clock.now())
        return encoded(200, shown, form.media, asked.request)

    def _end(self, kind: Kind, obj: Object, options: DeleteOptions) -> tuple[Object, bool]:
        if kind.resource == "namespaces":
            return self._namespaces.terminate(obj)
        found = self._storage.get(kind.resource, *key_of(obj)) or obj
        propagation = options.propagation_policy or "Background"
        return self._lifecycle.delete(
            kind.resource, found, Policy(options.grace_period_seconds, propagation)
        )

    def _written(self, asked: Asked, written: Written) -> Response:
        code = 201 if written.created else 200
        return self._shown(asked, written.object, code, written.warnings)

    def _shown(
        self, asked: Asked, obj: Object, code: int = 200, warnings: Sequence[str] = ()
    ) -> Response:
        scale = asked.info.subresource == "scale"
        if scale and obj["kind"] != SCALE.kind:
            obj = scale_of(obj)
        form = asked.form(SCALE if scale else None)
        shown = form.one(obj, self._storage.clock.now())
        return encoded(code, shown, form.media, asked.request, warnings)


_RETURNED = frozenset({"pods", "serviceaccounts", "services"})
"""Kinds of which a deletion answers with the object itself."""


def _delete_options(asked: Asked) -> DeleteOptions:
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


def _check_preconditions(kind: Kind, obj: Object, wanted: dict[str, str | None]) -> None:
    for field, failure in (("uid", other_uid), ("resourceVersion", other_version)):
        value, actual = wanted.get(field), obj["metadata"][field]
        if value and value != actual:
            raise StatusError(failure(kind, obj["metadata"]["name"], value, actual))


def encoded(
    code: int, value: Object, media: MediaType, request: Request, warnings: Sequence[str] = ()
) -> Response:
    """A value in the form and format that were asked for."""
    agent = request.header("user-agent") or ""
    text = jsontext.dump(value)
    if media.format == YAML:
        text = yamltext.dump(value)
    elif media.pretty or wants_pretty(parse_query(request.raw_query), agent):
        text = jsontext.indent(text)
    else:
        text += "\n"
    headers = [("Cache-Control", "no-cache, private"), ("Content-Type", media.format)]
    headers += [("Warning", f"299 - {jsontext.dump(warning)}") for warning in warnings]
    return Response(code, headers, text.encode())
