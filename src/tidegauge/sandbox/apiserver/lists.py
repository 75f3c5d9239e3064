"""Lists, whole or in pages: a page's token keeps the rest as it was when the list began."""

import base64
from collections import OrderedDict
from typing import NamedTuple

import msgspec

from tidegauge.sandbox.apiserver.failures import future_version, gone_page
from tidegauge.sandbox.apiserver.selecting import matches
from tidegauge.sandbox.apiserver.storage import Object, Storage
from tidegauge.serving.options import ListOptions
from tidegauge.serving.query import Query
from tidegauge.serving.status import StatusError, bad_request
from tidegauge.units.gotext import quote

SNAPSHOTS = 64
"""Lists being paged at once; objects are shared, so each costs a list of references."""


class _Token(msgspec.Struct):
    snapshot: int
    start: int


class Page(NamedTuple):
    objects: list[Object]
    metadata: Object


class _Snapshot(NamedTuple):
    version: int
    objects: list[Object]


class Lists:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._snapshots: OrderedDict[int, _Snapshot] = OrderedDict()
        self._begun = 0

    def page(
        self, resource: str, namespace: str | None, options: ListOptions, query: Query
    ) -> Page:
        """One page. Raises StatusError: 410 for a token too old, 504 for a version to come."""
        limit = int(query.get("limit") or 0)
        if token := query.get("continue"):
            return self._next(_decode(token), limit, options)
        check_version(query, self._storage.version, "invalid resource version: ")
        objects = [obj for obj in self._storage.list(resource, namespace) if matches(obj, options)]
        self._begun += 1
        snapshot = _Snapshot(self._storage.version, objects)
        return self._cut(_Token(self._begun, 0), snapshot, limit, options)

    def forget(self) -> None:
        """Make all tokens too old, as a compaction does."""
        self._snapshots.clear()

    def _next(self, token: _Token, limit: int, options: ListOptions) -> Page:
        snapshot = self._snapshots.get(token.snapshot)
        if snapshot is None:
            raise StatusError(gone_page())
        self._snapshots.move_to_end(token.snapshot)
        return self._cut(token, snapshot, limit, options)

    def _cut(self, token: _Token, whole: _Snapshot, limit: int, options: ListOptions) -> Page:
        metadata: Object = {"resourceVersion": str(whole.version)}
        end = token.start + limit if limit else len(whole.objects)
        if end < len(whole.objects):
            self._snapshots[token.snapshot] = whole
            if len(self._snapshots) > SNAPSHOTS:
                self._snapshots.popitem(last=False)
            metadata["continue"] = _encode(_Token(token.snapshot, end))
            if options.labels.empty and options.fields.empty:
                metadata["remainingItemCount"] = len(whole.objects) - end
        return Page(whole.objects[token.start : end], metadata)


def check_version(query: Query, current: int, prefix: str = "") -> None:
    """A version that is still to come can't be listed or watched from. Raises StatusError."""
    text = query.get("resourceVersion")
    if text and not text.isdecimal():
        fault = f"strconv.ParseUint: parsing {quote(text)}: invalid syntax"
        raise StatusError(
            bad_request(f"{prefix}resourceVersion: Invalid value: {quote(text)}: {fault}")
        )
    if text and int(text) > current:
        raise StatusError(future_version(int(text), current))


def _encode(token: _Token) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(token)).decode().rstrip("=")


def _decode(text: str) -> _Token:
    try:
        padded = text + "=" * (-len(text) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=_Token)
    except (ValueError, msgspec.MsgspecError) as error:
        raise StatusError(
            bad_request("invalid continue token: continue key is not valid")
        ) from error
