"""Kubeconfig: merging, resolving, and errors that name file and field."""

import base64
from pathlib import Path

import pytest
import yaml

from tidegauge.cluster.access import Access, ExecConfig, in_cluster
from tidegauge.cluster.errors import KubeconfigError
from tidegauge.cluster.kubeconfig import Kubeconfig, kubeconfig_paths, load_kubeconfig

FILE = Path("/home/ann/.kube/config")


def config(*, cluster=None, user=None, context=None, **top):
    """A kubeconfig with one entry each, all named `a`."""
    server = {"server": "https://api.example.com:6443"}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "a", "cluster": server | (cluster or {})}],
            "users": [{"name": "a", "user": user or {}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"} | (context or {})}],
            "current-context": "a",
        }
        | top
    )


def access(text: str, context: str = "") -> Access:
    merged = Kubeconfig()
    merged.add(FILE, text)
    return merged.access(context)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def exec_user(**fields):
    api_version = "client.authentication.k8s.io/v1"
    plugin = {"apiVersion": api_version, "command": "login", "interactiveMode": "Never"}
    return {"exec": plugin | fields}


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        pytest.param({}, "server", "https://api.example.com:6443", id="server"),
        pytest.param(
            {"cluster": {"server": "https://api/k8s/"}}, "server", "https://api/k8s", id="slash"
        ),
        pytest.param({}, "namespace", "default", id="default-namespace"),
        pytest.param({"context": {"namespace": "shop"}}, "namespace", "shop", id="namespace"),
        pytest.param({}, "certificate_authority", None, id="system-roots"),
        pytest.param(
            {"cluster": {"certificate-authority": "pki/ca.crt"}},
            "certificate_authority",
            FILE.parent / "pki/ca.crt",
            id="ca-file-relative-to-the-config",
        ),
        pytest.param(
            {"cluster": {"certificate-authority": "/pki/ca.crt"}},
            "certificate_authority",
            Path("/pki/ca.crt"),
            id="ca-file-absolute",
        ),
        pytest.param(
            {"cluster": {"certificate-authority-data": encoded(b"PEM")}},
            "certificate_authority",
            b"PEM",
            id="ca-inline",
        ),
        pytest.param(
            {"cluster": {"certificate-authority-data": "UE\nVN\n"}},
            "certificate_authority",
            b"PEM",
            id="ca-inline-folded",
        ),
        pytest.param(
            {"cluster": {"tls-server-name": "kubernetes"}},
            "tls_server_name",
            "kubernetes",
            id="tls-server-name",
        ),
        pytest.param(
            {"cluster": {"proxy-url": "http://proxy:3128"}},
            "proxy_url",
            "http://proxy:3128",
            id="proxy-url",
        ),
        pytest.param(
            {"cluster": {"insecure-skip-tls-verify": True}},
            "insecure_skip_tls_verify",
            True,
            id="insecure",
        ),
        pytest.param({"user": {"token": "t"}}, "token", "t", id="token"),
        pytest.param(
            {"user": {"tokenFile": "token"}}, "token_file", FILE.parent / "token", id="token-file"
        ),
        pytest.param(
            {"user": {"client-certificate": "me.crt", "client-key-data": encoded(b"KEY")}},
            "client_certificate",
            FILE.parent / "me.crt",
            id="client-certificate-file",
        ),
        pytest.param(
            {"user": {"client-certificate": "me.crt", "client-key-data": encoded(b"KEY")}},
            "client_key",
            b"KEY",
            id="client-key-inline",
        ),
        pytest.param(
            {
                "user": {
                    "as": "ann",
                    "as-uid": "7",
                    "as-groups": ["dev", "ops"],
                    "as-user-extra": {"reason": ["test"]},
                }
            },
            "impersonation",
            (
                ("Impersonate-User", "ann"),
                ("Impersonate-Uid", "7"),
                ("Impersonate-Group", "dev"),
                ("Impersonate-Group", "ops"),
                ("Impersonate-Extra-reason", "test"),
            ),
            id="impersonation",
        ),
        pytest.param({"context": {"user": ""}}, "token", "", id="no-user"),
        pytest.param({"users": None, "context": {"user": ""}}, "token", "", id="null-list"),
        pytest.param({"preferences": {"colors": True}}, "token", "", id="unknown-field"),
    ],
)
def test_field(given, field, value):
    """Each field of the chosen entries arrives in the record, paths resolved and data decoded."""
    assert getattr(access(config(**given)), field) == value


def test_exec():
    """An exec plugin keeps all it needs, the cluster's extension for it included."""
    plugin = {
        "args": ["get-token"],
        "env": [{"name": "REGION", "value": "eu"}],
        "installHint": "install it",
        "provideClusterInfo": True,
    }
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}

    found = access(config(user=exec_user(**plugin), cluster={"extensions": [extension]}))

    assert found.exec == ExecConfig(
        api_version="client.authentication.k8s.io/v1",
        command="login",
        args=("get-token",),
        env=(("REGION", "eu"),),
        install_hint="install it",
        provide_cluster_info=True,
        interactive_mode="Never",
        cluster_config={"audience": "x"},
    )


@pytest.mark.parametrize(
    ("command", "resolved"),
    [
        ("login", "login"),
        ("./login", str(FILE.parent / "login")),
        ("bin/login", str(FILE.parent / "bin/login")),
        ("/bin/login", "/bin/login"),
    ],
)
def test_exec_command_path(command, resolved):
    """A command with a slash is relative to the kubeconfig; one without is left to PATH."""
    found = access(config(user=exec_user(command=command))).exec

    assert found is not None
    assert found.command == resolved


def test_exec_v1beta1_interactive_by_default():
    """The older API version may leave interactiveMode out: then it is used where there is one."""
    user = exec_user(apiVersion="client.authentication.k8s.io/v1beta1", interactiveMode=None)
    found = access(config(user=user)).exec

    assert found is not None
    assert found.interactive_mode == "IfAvailable"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("a: [", "is not YAML", id="no-yaml"),
        pytest.param("[]", "Expected `object`, got `array`", id="a-list"),
        pytest.param(
            config(user={"token": 7}),
            "Expected `str`, got `int` - at `$.users[0].user.token`",
            id="wrong-type",
        ),
        pytest.param("", f"{FILE}: no current-context is set; it has no contexts", id="empty"),
        pytest.param(
            config(**{"current-context": ""}),
            f"{FILE}: no current-context is set; choose one of 'a'",
            id="no-current-context",
        ),
        pytest.param(
            config(**{"current-context": "b"}),
            f"{FILE}: context 'b': contexts has no 'b', only 'a'",
            id="unknown-context",
        ),
        pytest.param(
            config(context={"cluster": "c"}),
            f"{FILE}: contexts[a]: clusters has no 'c', only 'a'",
            id="unknown-cluster",
        ),
        pytest.param(
            config(context={"user": "u"}),
            f"{FILE}: contexts[a]: users has no 'u', only 'a'",
            id="unknown-user",
        ),
        pytest.param(
            config(users=[{"name": "a"}, {"name": "a"}]), "users has 'a' twice", id="duplicate"
        ),
        pytest.param(
            config(cluster={"server": ""}),
            f"{FILE}: clusters[a].cluster.server: '' is no https:// or http:// URL",
            id="no-server",
        ),
        pytest.param(
            config(cluster={"server": "api:6443"}), "cluster.server: 'api:6443'", id="no-scheme"
        ),
        pytest.param(
            config(cluster={"proxy-url": "socks5://p:1"}),
            "cluster.proxy-url: 'socks5://p:1': only http://",
            id="socks",
        ),
        pytest.param(
            config(cluster={"certificate-authority": "f", "certificate-authority-data": "UEVN"}),
            "cluster.certificate-authority: given as a file and as certificate-authority-data",
            id="ca-twice",
        ),
        pytest.param(
            config(cluster={"certificate-authority-data": "%%"}),
            "cluster.certificate-authority-data: is not base64",
            id="no-base64",
        ),
        pytest.param(
            config(cluster={"certificate-authority": "f", "insecure-skip-tls-verify": True}),
            "cluster.insecure-skip-tls-verify: contradicts certificate-authority",
            id="insecure-with-ca",
        ),
        pytest.param(
            config(user={"client-certificate": "f"}),
            "users[a].user.client-key: client-certificate and client-key are needed together",
            id="certificate-without-key",
        ),
        pytest.param(
            config(user={"username": "ann", "password": "x"}),
            "users[a].user.username: API servers no longer take passwords",
            id="password",
        ),
        pytest.param(
            config(user={"auth-provider": {"name": "oidc"}}),
            "user.auth-provider: was replaced by exec plugins",
            id="auth-provider",
        ),
        pytest.param(
            config(user=exec_user(apiVersion="client.authentication.k8s.io/v1alpha1")),
            "user.exec.apiVersion: 'client.authentication.k8s.io/v1alpha1' is none of",
            id="exec-v1alpha1",
        ),
        pytest.param(
            config(user=exec_user(interactiveMode=None)),
            "user.exec.interactiveMode: '' is none of",
            id="exec-v1-without-interactive-mode",
        ),
        pytest.param(
            config(user={"as-groups": ["x"]}), "user.as: is needed", id="groups-without-as"
        ),
        pytest.param(
            config(cluster={"server": "http://api"}, user={"token": "t"}),
            "cluster.server http://api is plain HTTP",
            id="token-in-the-clear",
        ),
    ],
)
def test_error(text, said):
    """What can't be used is refused with the file, the field and what to do."""
    with pytest.raises(KubeconfigError) as caught:
        access(text)

    assert said in str(caught.value)


def test_plain_http_without_credentials():
    """Plain HTTP is fine where nothing secret is sent, as with `kubectl proxy`."""
    assert access(config(cluster={"server": "http://127.0.0.1:8001"})).server


def test_first_file_wins():
    """Of several files the first one's entry counts as a whole, and its current-context."""
    merged = Kubeconfig()
    merged.add(Path("/1/config"), config(user={"token": "first"}))
    second = {"user": {"tokenFile": "second"}, "cluster": {"server": "https://second"}}
    others = {"contexts": [{"name": "b", "context": {"cluster": "a", "user": "a"}}]}
    merged.add(Path("/2/config"), config(**second, **others, **{"current-context": "b"}))

    chosen = merged.access()

    assert (chosen.server, chosen.token) == ("https://api.example.com:6443", "first")
    assert chosen.token_file is None
    assert merged.access("b").source == "/2/config: contexts[b]"


def test_entries_of_several_files_go_together():
    """A context may name a cluster and a user of other files, each with its own relative paths."""
    merged = Kubeconfig(current_context="a")
    merged.add(Path("/1/config"), config(users=[], user=None, clusters=[]))
    merged.add(Path("/2/config"), config(cluster={"certificate-authority": "ca"}, users=[]))
    merged.add(Path("/3/config"), config(user={"tokenFile": "token"}, clusters=[]))

    chosen = merged.access()

    assert chosen.certificate_authority == Path("/2/ca")
    assert chosen.token_file == Path("/3/token")


@pytest.mark.parametrize(
    ("environ", "paths"),
    [
        pytest.param({}, ["/home/ann/.kube/config"], id="default"),
        pytest.param({"KUBECONFIG": ""}, ["/home/ann/.kube/config"], id="empty"),
        pytest.param({"KUBECONFIG": "/a"}, ["/a"], id="one"),
        pytest.param({"KUBECONFIG": "/b::/a:/b"}, ["/b", "/a"], id="list-with-gap-and-repeat"),
    ],
)
def test_paths(environ, paths):
    """KUBECONFIG is a list; gaps and repeats do not count, and without it the home file does."""
    assert kubeconfig_paths(environ, Path("/home/ann")) == [Path(path) for path in paths]


def test_load_skips_missing_files(tmp_path):
    """A file of the list that does not exist is skipped."""
    (tmp_path / "config").write_text(config())

    assert load_kubeconfig([tmp_path / "missing", tmp_path / "config"]).server


@pytest.mark.parametrize("content", [pytest.param(None, id="missing"), b"\xff"])
def test_load_names_the_file(tmp_path, content):
    """When no file exists, or one can't be read as text, the error names it."""
    path = tmp_path / "config"
    if content:
        path.write_bytes(content)

    with pytest.raises(KubeconfigError, match=str(path)):
        load_kubeconfig([path])


@pytest.mark.parametrize(
    ("host", "server"),
    [("10.96.0.1", "https://10.96.0.1:443"), ("fd00::1", "https://[fd00::1]:443")],
)
def test_in_cluster(tmp_path, host, server):
    """A pod finds the API server in its environment and itself in the service account's files."""
    (tmp_path / "token").write_text("t")
    (tmp_path / "namespace").write_text("kube-system\n")
    environ = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "443"}

    found = in_cluster(environ, tmp_path)

    assert (found.server, found.namespace) == (server, "kube-system")
    assert found.token_file == tmp_path / "token"
    assert found.certificate_authority == tmp_path / "ca.crt"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        pytest.param({}, "pass --kubeconfig", id="no-pod"),
        pytest.param(
            {"KUBERNETES_SERVICE_HOST": "h", "KUBERNETES_SERVICE_PORT": "443"},
            "automountServiceAccountToken",
            id="no-token",
        ),
    ],
)
def test_not_in_cluster(tmp_path, environ, said):
    """Outside a pod, or without its token, the error says what to do."""
    with pytest.raises(KubeconfigError, match=said):
        in_cluster(environ, tmp_path)
