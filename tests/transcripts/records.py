"""The recorded exchanges, read from files as golden/transcripts/README.md describes them."""

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

GOLDEN = Path(__file__).parents[1] / "golden" / "transcripts"


@dataclass(frozen=True)
class Reply:
    """What a server answered; header names in any case, a repeated header several times."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True)
class Asked:
    """A request as it goes out. A `None` header is one that must not be sent (Host)."""

    method: str
    path: str
    headers: dict[str, str | list[str] | None]
    identity: str
    body: str | None = None
    http: str = "1.1"
    raw_body: bool = False


Ask = Callable[[Asked], Reply]


@dataclass(frozen=True)
class Record:
    id: str
    section: str
    asked: Asked
    response: dict[str, Any] = field(repr=False)
    folder: Path = GOLDEN

    @property
    def title(self) -> str:
        asked = self.asked
        return f"{asked.method} {asked.path[:200]} as {asked.identity}, {asked.headers}"

    @property
    def status(self) -> int:
        return int(self.response["status"])

    @property
    def body(self) -> bytes | None:
        """The recorded body, or None where it was not kept."""
        response = self.response
        if "body" in response:
            return str(response["body"]).encode()
        if "body_base64" in response:
            return base64.b64decode(response["body_base64"])
        if "body_file" in response:
            return (self.folder / str(response["body_file"])).read_bytes()
        return None


class Output(NamedTuple):
    """What a kubectl run printed, and its exit code."""

    stdout: str
    stderr: str
    code: int


@dataclass(frozen=True)
class Command:
    """A kubectl run: version, arguments, and the recorded output with its placeholders."""

    id: str
    kubectl: str
    args: tuple[str, ...]
    recorded: Output
    section: str = "kubectl"

    @property
    def title(self) -> str:
        return f"kubectl {self.kubectl}: {' '.join(self.args)}"


def load(path: Path) -> Iterator[Record]:
    """The HTTP exchanges of a file of those."""
    for record in load_all(path):
        assert isinstance(record, Record), f"{path} holds kubectl runs"
        yield record


def load_all(path: Path) -> Iterator[Record | Command]:
    """The records of any file, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield _command(record) if "kubectl" in record else _exchange(record, path.parent)


def _exchange(record: dict[str, Any], folder: Path) -> Record:
    request = record["request"]
    asked = Asked(
        method=request["method"],
        path=request["path"],
        headers=request["headers"],
        identity=request["identity"],
        body=request.get("body"),
        http=request.get("http", record.get("http", "1.1")),
        raw_body=request.get("raw_body", record.get("raw_body", False)),
    )
    return Record(record["id"], record["section"], asked, record["response"], folder)


def _command(record: dict[str, Any]) -> Command:
    output = Output(record["stdout"], record["stderr"], record["exit_code"])
    return Command(record["id"], record["kubectl"], tuple(record["args"]), output)


def load_fixture(folder: Path = GOLDEN) -> dict[str, Any]:
    with gzip.open(folder / "fixture.json.gz", "rt", encoding="utf-8") as text:
        fixture: dict[str, Any] = json.load(text)
    return fixture


def resolve_placeholders(asked: Asked, ask: Ask) -> Asked:
    """Put in what only the server under test can tell: its ETags and its OpenAPI hash."""
    if "<HASH>" in asked.path:
        asked = replace(asked, path=asked.path.replace("<HASH>", _openapi_hash(asked, ask)))
    condition = asked.headers.get("If-None-Match")
    if isinstance(condition, str) and "<ETAG" in condition:
        plain = {name: value for name, value in asked.headers.items() if name != "If-None-Match"}
        reply = ask(replace(asked, method="GET", headers=plain))
        etag = next(iter(reply.header("ETag")), '"none"')
        condition = condition.replace("<ETAG>", etag).replace("<ETAG-UNQUOTED>", etag.strip('"'))
        asked = replace(asked, headers=asked.headers | {"If-None-Match": condition})
    return asked


def _openapi_hash(asked: Asked, ask: Ask) -> str:
    index = ask(replace(asked, path="/openapi/v3", headers={"Accept": "application/json"}))
    location = json.loads(index.body)["paths"]["apis/metrics.k8s.io/v1beta1"]["serverRelativeURL"]
    return str(location).partition("hash=")[2]
