"""Changes through the client: what is sent, what a conflict is, and what is never sent twice."""

import msgspec
import pytest
from aiohttp import web

from tests.cluster.fakeapi import answering, serving
from tests.cluster.test_client import VERSION, Version, client_for
from tidegauge.cluster.errors import Conflict, Unreachable


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_write(method):
    """The method, the parameters, the type and the JSON arrive; the answer is decoded."""
    got = []

    async def handler(request):
        body = await request.json()
        got.append((request.method, request.path_qs, request.content_type, body))
        return web.json_response({"major": "2"})

    async with serving(handler) as api, client_for(api.url) as client:
        answer = await client.write(
            method,
            "/things/a",
            {"spec": {}},
            type=Version,
            content_type="application/merge-patch+json",
            params={"fieldManager": "me"},
        )

    assert answer == Version("2")
    patch = "application/merge-patch+json"
    assert got == [(method, "/things/a?fieldManager=me", patch, {"spec": {}})]


async def test_write_nothing():
    """Without a body none is sent, nor a type of one."""
    async with serving(answering(VERSION)) as api, client_for(api.url) as client:
        await client.write("DELETE", "/things/a", None, type=Version)

    assert "Content-Type" not in api.requests[0].headers


async def test_conflict():
    """Who was slower than another writer learns that from the kind of the error."""
    said = {"kind": "Status", "code": 409, "reason": "Conflict", "message": "has been modified"}
    async with (
        serving(answering(web.json_response(said, status=409))) as api,
        client_for(api.url) as client,
    ):
        with pytest.raises(Conflict, match="has been modified"):
            await client.write("PUT", "/things/a", {}, type=msgspec.Raw)


@pytest.mark.parametrize(("method", "sent"), [("POST", 1), ("PATCH", 1), ("PUT", 2)])
async def test_lost_connection(method, sent):
    """On a kept connection that is closed, only what may be sent twice is sent again."""
    asked = 0

    async def handler(request):
        nonlocal asked
        asked += request.method == method
        if request.method == method and asked == 1:
            request.transport.close()
        return web.json_response({"major": "1"})

    async with serving(handler) as api, client_for(api.url) as client:
        await client.get("/version", type=Version)
        if sent == 1:
            with pytest.raises(Unreachable):
                await client.write(method, "/things/a", {}, type=Version)
        else:
            await client.write(method, "/things/a", {}, type=Version)

    assert asked == sent
