"""Exec plugins: small scripts that are really run."""

import asyncio
import json
import os
import stat
import sys

import pytest
import trustme
from aiohttp import web

from tests.clock import ManualClock
from tests.cluster.fakeapi import server_context, serving
from tidegauge.cluster import credentials, execplugin
from tidegauge.cluster.access import Access, ExecConfig
from tidegauge.cluster.client import Client
from tidegauge.cluster.credentials import Credentials
from tidegauge.cluster.errors import CredentialError, Unauthorized
from tidegauge.cluster.execplugin import ExecPlugin, exec_info, parse_exec_credential

V1 = "client.authentication.k8s.io/v1"
V1BETA1 = "client.authentication.k8s.io/v1beta1"


@pytest.fixture
def script(tmp_path):
    """Writes a plugin that runs the given Python and returns its path."""

    def write(code):
        path = tmp_path / "plugin"
        path.write_text(f"#!{sys.executable} -IS\nimport json, os, sys\n{code}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return write


def credential(api_version=V1, **status):
    return json.dumps({"apiVersion": api_version, "kind": "ExecCredential", "status": status})


def plugin(command, clock=None, **fields):
    config = ExecConfig(api_version=V1, command=command, interactive_mode="Never")
    config = ExecConfig(**{name: getattr(config, name) for name in config.__slots__} | fields)
    access = Access("~/.kube/config: contexts[a]", "https://api", exec=config)
    return ExecPlugin(access, config, clock or ManualClock(), dict(os.environ))


def token_of(found):
    assert found.credential is not None
    return found.credential.token


async def test_token(script):
    """The token that the plugin prints is used."""
    found = plugin(script(f"print({credential(token='t')!r})"))

    await found.refresh()

    assert token_of(found) == "t"


async def test_environment_and_arguments(script):
    """The plugin gets its arguments, its own variables over ours, and KUBERNETES_EXEC_INFO."""
    code = """
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
told = [sys.argv[1], os.environ["REGION"], info["spec"]["interactive"], "PATH" in os.environ]
status = {"token": json.dumps(told)}
print(json.dumps({"apiVersion": info["apiVersion"], "kind": info["kind"], "status": status}))
"""
    found = plugin(script(code), args=("get-token",), env=(("REGION", "eu"),), api_version=V1BETA1)

    await found.refresh()

    assert json.loads(token_of(found)) == ["get-token", "eu", False, True]


def test_exec_info_with_cluster(tmp_path):
    """With provideClusterInfo the plugin is told the cluster, files as inline data."""
    authority = tmp_path / "ca.crt"
    authority.write_bytes(b"PEM")
    config = ExecConfig(V1, "x", provide_cluster_info=True, cluster_config={"audience": "a"})
    access = Access(
        "test", "https://api", certificate_authority=authority, tls_server_name="kubernetes"
    )

    info = json.loads(exec_info(access, config, interactive=True))

    assert info == {
        "kind": "ExecCredential",
        "apiVersion": V1,
        "spec": {
            "interactive": True,
            "cluster": {
                "server": "https://api",
                "tls-server-name": "kubernetes",
                "certificate-authority-data": "UEVN",
                "config": {"audience": "a"},
            },
        },
    }


COUNTING = """
path = sys.argv[0] + ".runs"
runs = len(open(path).read()) + 1 if os.path.exists(path) else 1
open(path, "a").write("x")
status = {"token": f"t{runs}", "expirationTimestamp": "2026-11-23T12:05:00Z"}
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                  "status": status}))
"""


async def test_expiry(script):
    """A credential is used until it expires, by the wall clock, then the plugin runs again."""
    clock = ManualClock()  # 12:00:00
    found = plugin(script(COUNTING), clock)
    tokens = []

    for seconds in (0, 299, 1):
        clock.advance(seconds)
        await found.refresh()
        tokens.append(token_of(found))

    assert tokens == ["t1", "t1", "t2"]


async def test_refused(script):
    """A refused credential is replaced, but not by a run within seconds of the last one."""
    clock = ManualClock()
    found = plugin(script(COUNTING), clock)
    tokens = []

    for seconds in (0, execplugin.RERUN - 1, 1):
        clock.advance(seconds)
        await found.refresh()
        found.refused()
        await found.refresh()
        tokens.append(token_of(found))

    assert tokens == ["t1", "t1", "t2"]


async def test_failure_is_remembered(script):
    """A failing plugin is not run for each request: for some seconds its error stands."""
    clock = ManualClock()
    code = COUNTING.replace("print(", "sys.exit(f'run {runs}') if runs < 3 else print(")
    found = plugin(script(code), clock)
    said = []

    for seconds in (0, execplugin.RERUN - 1, 1):
        clock.advance(seconds)
        with pytest.raises(CredentialError) as caught:
            await found.refresh()
        said.append(str(caught.value)[-5:])
    clock.advance(execplugin.RERUN)
    await found.refresh()

    assert said == ["run 1", "run 1", "run 2"]
    assert token_of(found) == "t3"


@pytest.mark.parametrize(
    ("code", "fields", "said"),
    [
        pytest.param("sys.exit('no login')", {}, "ended with 1: no login", id="exit-code"),
        pytest.param("print('{')", {}, "Input data was truncated", id="no-json"),
        pytest.param("print('{}')", {}, "missing required field `apiVersion`", id="no-answer"),
        pytest.param(
            f"print({credential(V1BETA1, token='t')!r})",
            {},
            f"printed ExecCredential {V1BETA1} instead of ExecCredential {V1}",
            id="other-version",
        ),
        pytest.param(
            f"print({credential()!r})", {}, "neither a token nor a client certificate", id="empty"
        ),
        pytest.param(
            f"print({credential(clientCertificateData='c')!r})",
            {},
            "clientCertificateData and clientKeyData are needed together",
            id="no-key",
        ),
        pytest.param(
            f"print({credential(token='t', expirationTimestamp='soon')!r})",
            {},
            "Invalid RFC3339",
            id="bad-expiry",
        ),
        pytest.param(
            "", {"interactive_mode": "Always"}, "there is no terminal", id="needs-a-terminal"
        ),
    ],
)
async def test_error(script, code, fields, said):
    """What a plugin does wrong is an error with its command and its own words."""
    command = script(code)

    with pytest.raises(CredentialError) as caught:
        await plugin(command, **fields).refresh()

    assert said in str(caught.value)
    assert str(caught.value).startswith(f"~/.kube/config: contexts[a]: exec plugin {command} ")


async def test_not_installed(tmp_path):
    """A plugin that is not there is an error that ends with its own installHint."""
    with pytest.raises(CredentialError, match="is not installed; get it from example"):
        await plugin(str(tmp_path / "none"), install_hint="get it from example").refresh()


async def test_not_executable(tmp_path):
    """A plugin that can't be run is an error with the system's reason."""
    (tmp_path / "plugin").write_text("")
    with pytest.raises(CredentialError, match="can't be run: Permission denied"):
        await plugin(str(tmp_path / "plugin")).refresh()


async def test_hanging(script, monkeypatch, tmp_path):
    """A plugin that hangs is ended, and its end waited for."""
    monkeypatch.setattr(execplugin, "TIMEOUT", 0.5)
    code = "open(sys.argv[1], 'w').write(str(os.getpid()))\nimport time\ntime.sleep(60)"
    found = plugin(script(code), args=(str(tmp_path / "pid"),))

    with pytest.raises(CredentialError, match="gave nothing within"):
        await found.refresh()

    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_child_at_the_pipe(script, monkeypatch):
    """A plugin that ended while its child keeps the pipe open gave nothing in time either."""
    monkeypatch.setattr(execplugin, "TIMEOUT", 0.5)
    child = "import time; time.sleep(3)"
    code = f"import subprocess\nsubprocess.Popen([sys.executable, '-IS', '-c', {child!r}])"

    with pytest.raises(CredentialError, match="gave nothing within"):
        await plugin(script(code)).refresh()


def test_certificate():
    """A plugin may give a client certificate instead of a token, or with one."""
    found = parse_exec_credential(
        credential(clientCertificateData="CERT", clientKeyData="KEY").encode(), V1
    )

    assert (found.certificate, found.key, found.token) == (b"CERT", b"KEY", "")


def access_to(api, authority, command):
    config = ExecConfig(V1, command, interactive_mode="Never")
    return Access("test", api.url, certificate_authority=authority.cert_pem.bytes(), exec=config)


async def test_client_sends_the_token(script):
    """The client sends the plugin's token, runs it again when refused, and then says so."""
    authority = trustme.CA()
    clock = ManualClock()
    tokens = []

    async def handler(request):
        tokens.append(request.headers["Authorization"])
        return web.json_response({}, status=200 if tokens[-1] == "Bearer t2" else 401)

    async with serving(handler, server_context(authority, "127.0.0.1")) as api:
        access = access_to(api, authority, script(COUNTING))
        async with Client(access, clock, environ={}) as client:
            with pytest.raises(Unauthorized):
                await client.get("/", type=dict)
            clock.advance(execplugin.RERUN)
            assert await client.get("/", type=dict) == {}

    assert tokens == ["Bearer t1", "Bearer t1", "Bearer t2"]


async def test_client_shows_the_certificate(script):
    """The client shows the certificate that the plugin gave."""
    authority = trustme.CA()
    mine = authority.issue_cert("me@example.com")
    pair = credential(
        clientCertificateData=mine.cert_chain_pems[0].bytes().decode(),
        clientKeyData=mine.private_key_pem.bytes().decode(),
    )
    seen = []

    async def handler(request):
        seen.append(request.transport.get_extra_info("peercert"))
        return web.json_response({})

    tls = server_context(authority, "127.0.0.1", client_ca=authority)
    async with serving(handler, tls) as api:
        access = access_to(api, authority, script(f"print({pair!r})"))
        async with Client(access, ManualClock(), environ={}) as client:
            await client.get("/", type=dict)

    assert seen[0]["subjectAltName"] == (("email", "me@example.com"),)


async def test_kept_fresh(script, monkeypatch):
    """Who only looks at the token, as scrapes do, sees the next one when the first expired."""
    monkeypatch.setattr(credentials, "LOOK_SECONDS", 0.01)
    clock = ManualClock()  # 12:00:00
    config = ExecConfig(V1, script(COUNTING), interactive_mode="Never")
    kept = Credentials(Access("test", "https://api", exec=config), clock, dict(os.environ))

    async def changed_from(token):
        while kept.bearer.current() == token:
            await asyncio.sleep(0.01)
        return kept.bearer.current()

    keeping = asyncio.create_task(kept.keep_fresh())
    async with asyncio.timeout(30):
        first = await changed_from("")
        clock.advance(300)
        second = await changed_from(first)
    keeping.cancel()

    assert (first, second) == ("t1", "t2")


async def test_without_a_plugin_there_is_nothing_to_keep_fresh():
    """Then it ends at once."""
    kept = Credentials(Access("test", "https://api", token="mine"), ManualClock(), {})

    async with asyncio.timeout(1):
        await kept.keep_fresh()


async def test_static_token_wins(script):
    """A token beside the plugin is used and the plugin never run, as kubectl does it."""
    config = ExecConfig(V1, script("sys.exit('must not run')"), interactive_mode="Never")
    client = Client(Access("test", "https://api", token="mine", exec=config), ManualClock())

    await client.credentials.refresh()

    assert client.credentials.bearer.current() == "mine"
