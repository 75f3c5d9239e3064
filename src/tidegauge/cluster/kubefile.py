"""One kubeconfig file: its text to records, field by field as the file has them.

Only fields that somebody reads are declared; others are ignored, as kubectl ignores them.
"""

from pathlib import Path
from typing import Any

import msgspec
import yaml

from tidegauge.cluster.errors import KubeconfigError


class Extension(msgspec.Struct):
    name: str
    extension: Any = None


class Cluster(msgspec.Struct, rename="kebab"):
    server: str = ""
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""
    extensions: list[Extension] = []


class EnvVar(msgspec.Struct):
    name: str
    value: str = ""


class Exec(msgspec.Struct, rename="camel"):
    command: str
    api_version: str
    args: list[str] = []
    env: list[EnvVar] = []
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = ""


class User(msgspec.Struct, rename="kebab"):
    token: str = ""
    token_file: str = msgspec.field(name="tokenFile", default="")
    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    exec: Exec | None = None
    username: str = ""
    password: str = ""
    auth_provider: Any = None
    act_as: str = msgspec.field(name="as", default="")
    act_as_uid: str = msgspec.field(name="as-uid", default="")
    act_as_groups: list[str] = msgspec.field(name="as-groups", default_factory=list)
    act_as_extra: dict[str, list[str]] = msgspec.field(name="as-user-extra", default_factory=dict)


class Context(msgspec.Struct):
    cluster: str = ""
    user: str = ""
    namespace: str = ""


class NamedCluster(msgspec.Struct):
    name: str
    cluster: Cluster = msgspec.field(default_factory=Cluster)


class NamedUser(msgspec.Struct):
    name: str
    user: User = msgspec.field(default_factory=User)


class NamedContext(msgspec.Struct):
    name: str
    context: Context = msgspec.field(default_factory=Context)


class File(msgspec.Struct, rename="kebab"):
    clusters: list[NamedCluster] = []
    users: list[NamedUser] = []
    contexts: list[NamedContext] = []
    current_context: str = ""


def parse_file(path: Path, text: str) -> File:
    try:
        document = yaml.safe_load(text)
        return File() if document is None else msgspec.convert(_without_nulls(document), File)
    except yaml.YAMLError as error:
        raise KubeconfigError(f"{path}: is not YAML: {error}") from error
    except msgspec.ValidationError as error:
        raise KubeconfigError(f"{path}: {error}") from error


def _without_nulls(value: Any) -> Any:
    """Null is an absent field, as in Go: `kubectl config` itself writes `users: null`."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
