"""Requests that depend on what the client has already (RFC 9110, section 13)."""

import hashlib
from email.utils import parsedate_to_datetime

from tidegauge.serving.messages import Request


def etag_of(content: bytes) -> str:
    return f'"{hashlib.sha512(content).hexdigest().upper()}"'


def precondition(request: Request, etag: str, modified: float) -> int:
    """200 when the content is to be sent, 304 when the client has it, 412 when it wants another."""
    wanted = request.header("if-match")
    if wanted and not _lists(wanted, etag):
        return 412
    known = request.header("if-none-match")
    if known:
        return 304 if _lists(known.replace("W/", ""), etag) else 200
    since = _seconds(request.header("if-modified-since") or "")
    return 304 if since is not None and modified < since + 1 else 200


def _lists(header: str, etag: str) -> bool:
    tags = [tag.strip() for tag in header.split(",")]
    return "*" in tags or etag in tags


def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
