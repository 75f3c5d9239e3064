"""Failed requests in client-go's words, as upstream puts them into events and conditions."""

from collections.abc import Mapping

from tidegauge.autoscale.engine.answers import Failure
from tidegauge.cluster.errors import ApiError, ClusterError, ErrorAnswer
from tidegauge.units.gotext import quote

_BY_CODE: Mapping[int, str] = {
    400: "the server rejected our request for an unknown reason",
    401: "the server has asked for the client to provide credentials",
    404: "the server could not find the requested resource",
    405: "the server does not allow this method on the requested resource",
    422: "the server rejected our request due to an error in our request",
    429: "the server has received too many requests and has asked us to try again later",
    503: "the server is currently unable to handle the request",
    504: "the server was unable to return a response in the time allotted, "
    "but may still be processing the request",
}


def failure(error: ClusterError, asked: str) -> Failure:
    """`asked`: the resource, and the object's name where there is one: `pods.metrics.k8s.io`."""
    return Failure(error_text(error, asked))


def error_text(error: ClusterError, asked: str) -> str:
    """A Status speaks for itself; of an answer without one, such as a proxy's, the code does."""
    if not isinstance(error, ErrorAnswer):
        return error.detail if isinstance(error, ApiError) else str(error)
    if error.status.reason:
        return error.status.message
    return f"{_without_status(error.code, error.status.message)} (get {asked})"


def _without_status(code: int, said: str) -> str:
    if text := _BY_CODE.get(code):
        return text
    if code == 403:
        return said or "unknown"
    if code >= 500:
        return (
            f"an error on the server ({quote(said or 'unknown')}) "
            "has prevented the request from succeeding"
        )
    return f"the server responded with the status code {code} but did not return more information"
