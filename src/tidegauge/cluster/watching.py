"""One list or one watch of one kind of object, as pages and events.

A list is best streamed as the start of a watch (WatchList, KEP-3157): the API server then holds no
whole list in memory, and serves it from its cache.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from tidegauge.cluster.client import Client, Stream
from tidegauge.cluster.deadline import deadline
from tidegauge.cluster.errors import BadBody, Status, error_answer
from tidegauge.cluster.events import DAMAGED, ERROR, Event, Form, Page, R, Resource

PAGE = 500
"""Objects of one page, as in client-go: some milliseconds of decoding."""


_INITIAL_EVENTS = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}


async def pages(client: Client, resource: Resource[R]) -> AsyncGenerator[Page[R], None]:
    """A list of the present state, page by page. Raises ApiError."""
    token = ""
    accept = ", ".join(form.list_type for form in resource.forms)
    while True:
        params = {**resource.params, "limit": str(PAGE)} | ({"continue": token} if token else {})
        content_type, body = await client.read(resource.path, accept=accept, params=params)
        form = _form(resource, content_type, client.access.server + resource.path)
        try:
            page = form.page(body)
        except DAMAGED as error:
            raise BadBody(client.access.server + resource.path, str(error)) from error
        yield page
        token = page.next_token
        if not token:
            return


async def watch(
    client: Client, resource: Resource[R], version: str, *, last: int, silence: Callable[[], float]
) -> AsyncGenerator[list[Event[R]], None]:
    """Events as they arrive, in batches; the first one is empty and says that all is well.

    With a `version` the events after it; without one all objects as added, then a bookmark that
    says so, then what follows. Ends when the server ends it, after `last` seconds or before.
    Raises ApiError, TimedOut also when nothing came for as many seconds as `silence` says.
    """
    params = {**resource.params, "watch": "true", "allowWatchBookmarks": "true"}
    params["timeoutSeconds"] = str(last)
    params |= {"resourceVersion": version} if version else _INITIAL_EVENTS
    accept = ", ".join(form.watch_type for form in resource.forms)
    async with client.stream(resource.path, accept=accept, params=params) as stream:
        form = _form(resource, stream.content_type, stream.url)
        yield []
        splitter = form.splitter()
        async for chunk in _never_silent(stream, silence):
            try:
                events = [form.event(frame) for frame in splitter.feed(chunk)]
            except DAMAGED as error:
                raise BadBody(stream.url, str(error)) from error
            for event in events:
                if event.kind == ERROR:
                    status = event.status or Status()
                    raise error_answer(stream.url, status.code, status)
            yield events


def _form(resource: Resource[R], content_type: str, url: str) -> Form[R]:
    form = resource.form_of(content_type)
    if form is None:
        raise BadBody(url, f"answered with {content_type or 'no type'}")
    return form


async def _never_silent(
    stream: Stream, silence: Callable[[], float]
) -> AsyncGenerator[bytes, None]:
    """A stream's chunks. Raises TimedOut when the next one does not come in time."""
    async with aclosing(stream.chunks()) as chunks:
        while True:
            try:
                async with deadline(stream.url, silence()):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            yield chunk
