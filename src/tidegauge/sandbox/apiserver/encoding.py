"""Values as the bytes of an answer."""

from collections.abc import Sequence

from tidegauge.sandbox.apiserver.storage import Object
from tidegauge.serving import jsontext, yamltext
from tidegauge.serving.messages import Request, Response
from tidegauge.serving.negotiation import YAML, MediaType
from tidegauge.serving.options import wants_pretty
from tidegauge.serving.query import parse_query


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
