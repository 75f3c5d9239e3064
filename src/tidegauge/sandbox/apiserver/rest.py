"""The API of stored kinds: from a request that is allowed to its answer."""

import random
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress

from tidegauge.sandbox.apiserver.accounttokens import TOKEN_REQUEST, AccountTokens
from tidegauge.sandbox.apiserver.asked import Asked, DeleteOptions, delete_options
from tidegauge.sandbox.apiserver.changes import PATCHES
from tidegauge.sandbox.apiserver.decoding import parse
from tidegauge.sandbox.apiserver.encoding import encoded
from tidegauge.sandbox.apiserver.failures import other_uid, other_version, unsupported_patch
from tidegauge.sandbox.apiserver.history import History
from tidegauge.sandbox.apiserver.kinds import Kind, subresource_verbs
from tidegauge.sandbox.apiserver.lifecycle import Lifecycle, Policy
from tidegauge.sandbox.apiserver.lists import Lists, check_version
from tidegauge.sandbox.apiserver.namespaces import Namespaces
from tidegauge.sandbox.apiserver.scales import SCALE, scale_of
from tidegauge.sandbox.apiserver.storage import Object, Storage, key_of
from tidegauge.sandbox.apiserver.watches import BOOKMARK_SECONDS, Watch, begin
from tidegauge.sandbox.apiserver.writing import Writer, Written
from tidegauge.serving.messages import Response
from tidegauge.serving.status import StatusError, method_not_allowed

WATCH_SECONDS = (1800, 3600)
"""How long a watch lasts that does not say: as in kube-apiserver, spread so not all end at once."""


class Rest:
    """`bookmark_seconds` is how often watches that take bookmarks get one."""

    def __init__(
        self,
        storage: Storage,
        history: History,
        lifecycle: Lifecycle,
        namespaces: Namespaces,
        tokens: AccountTokens,
        *,
        bookmark_seconds: float = BOOKMARK_SECONDS,
    ) -> None:
        self._storage = storage
        self._history = history
        self._lifecycle = lifecycle
        self._namespaces = namespaces
        self._tokens = tokens
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
        if handler is None or not _offered(asked):
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
        if asked.info.subresource == "token":
            told = self._tokens.answer(self._writer.existing(asked.place), value)
            return encoded(201, told, asked.form(TOKEN_REQUEST).media, asked.request)
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
        options = delete_options(asked)
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
        options = delete_options(asked)
        namespace = asked.info.namespace or None
        page = self.lists.page(asked.kind.resource, namespace, asked.list_options(), asked.query)
        for obj in page.objects:
            with suppress(StatusError):  # gone with another of them
                self._end(asked.kind, obj, options)
        form = asked.form()
        shown = form.many(page.objects, page.metadata, self._storage.clock.now())
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


def _offered(asked: Asked) -> bool:
    """Whether the verb is one of the resource, or of the subresource."""
    info = asked.info
    if info.subresource:
        return info.verb in subresource_verbs(info.subresource)
    return info.verb in asked.kind.verbs and not (info.verb == "create" and info.name)


def _check_preconditions(kind: Kind, obj: Object, wanted: dict[str, str | None]) -> None:
    for field, failure in (("uid", other_uid), ("resourceVersion", other_version)):
        value, actual = wanted.get(field), obj["metadata"][field]
        if value and value != actual:
            raise StatusError(failure(kind, obj["metadata"]["name"], value, actual))
