"""Exec credential plugins, v1 and v1beta1: a program of the user's that prints our credentials.

Source: Kubernetes documentation, "client-go credential plugins". A credential is used until it
expires or the API server refuses it. Unlike client-go we end a plugin that hangs, and run a failing
or refused one at most every few seconds: a server asks for credentials many times a second.
"""

import asyncio
import base64
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec

from tidegauge.cluster.access import Access, ExecConfig
from tidegauge.cluster.errors import CredentialError
from tidegauge.units.clock import Clock

TIMEOUT = 60.0
"""Seconds until a plugin that talks to nobody counts as hung; cloud logins take a few seconds."""

RERUN = 10.0
"""Seconds between two runs after a failure or a refusal: a wrong set-up must not become a storm."""

COMPLAINT = 500
"""Characters of a plugin's stderr that an error shows; the cause usually stands at its end."""


@dataclass(frozen=True, slots=True)
class ExecCredential:
    """What a plugin gave: a token, a client certificate with its key (PEM), or both."""

    token: str = ""
    certificate: bytes = b""
    key: bytes = b""
    expires: float = float("inf")
    """Wall clock, seconds since the epoch."""


class _Status(msgspec.Struct, rename="camel"):
    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class _Answer(msgspec.Struct, rename="camel"):
    api_version: str
    kind: str
    status: _Status


def exec_info(access: Access, config: ExecConfig, *, interactive: bool) -> str:
    """The JSON that a plugin finds in KUBERNETES_EXEC_INFO."""
    spec: dict[str, Any] = {"interactive": interactive}
    if config.provide_cluster_info:
        spec["cluster"] = _cluster_info(access, config)
    info = {"kind": "ExecCredential", "apiVersion": config.api_version, "spec": spec}
    return msgspec.json.encode(info).decode()


def _cluster_info(access: Access, config: ExecConfig) -> dict[str, Any]:
    authority = access.certificate_authority
    if isinstance(authority, Path):
        authority = authority.read_bytes()
    info = {
        "server": access.server,
        "tls-server-name": access.tls_server_name,
        "insecure-skip-tls-verify": access.insecure_skip_tls_verify,
        "certificate-authority-data": base64.b64encode(authority).decode() if authority else "",
        "proxy-url": access.proxy_url,
        "config": config.cluster_config,
    }
    return {name: value for name, value in info.items() if value}


def parse_exec_credential(output: bytes, api_version: str) -> ExecCredential:
    """What a plugin printed. Raises ValueError saying what is wrong with it."""
    answer = msgspec.json.decode(output, type=_Answer)
    if (answer.kind, answer.api_version) != ("ExecCredential", api_version):
        raise ValueError(
            f"printed {answer.kind} {answer.api_version} instead of ExecCredential {api_version}"
        )
    status = answer.status
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise ValueError("clientCertificateData and clientKeyData are needed together")
    if not (status.token or status.client_key_data):
        raise ValueError("printed neither a token nor a client certificate")
    expires = status.expiration_timestamp
    return ExecCredential(
        token=status.token,
        certificate=status.client_certificate_data.encode(),
        key=status.client_key_data.encode(),
        expires=expires.timestamp() if expires else float("inf"),
    )


class ExecPlugin:
    """Runs the plugin of `access` when there is no credential, it expired, or it was refused."""

    def __init__(
        self, access: Access, config: ExecConfig, clock: Clock, environ: Mapping[str, str]
    ) -> None:
        self._access = access
        self._config = config
        self._clock = clock
        self._environ = environ
        self._one_at_a_time = asyncio.Lock()
        self._credential: ExecCredential | None = None
        self._refused = False
        self._failure: CredentialError | None = None
        self._ran = float("-inf")

    @property
    def credential(self) -> ExecCredential | None:
        """The last one, fresh or not, until there is another: scrapes don't wait for a plugin."""
        return self._credential

    async def refresh(self) -> None:
        """Run the plugin if needed. Raises CredentialError, also of a failure just before."""
        async with self._one_at_a_time:
            if self._usable():
                return
            if self._failure and not self._may_run():
                raise self._failure
            self._ran = self._clock.monotonic()
            try:
                self._credential, self._failure = await self._run(), None
            except CredentialError as error:
                self._failure = error
                raise
            self._refused = False

    def refused(self) -> None:
        """The API server answered 401: the next refresh runs the plugin, unless it just ran."""
        self._refused = self._refused or self._may_run()

    def _usable(self) -> bool:
        credential = self._credential
        fresh = credential is not None and self._clock.now() < credential.expires
        return fresh and not self._refused

    def _may_run(self) -> bool:
        return self._clock.monotonic() - self._ran >= RERUN

    async def _run(self) -> ExecCredential:
        interactive = self._interactive()
        try:
            output = await self._output(interactive=interactive)
            return parse_exec_credential(output, self._config.api_version)
        except FileNotFoundError as error:
            raise self._error("is not installed", self._config.install_hint) from error
        except TimeoutError as error:
            raise self._error(f"gave nothing within {TIMEOUT:.0f} s") from error
        except OSError as error:
            raise self._error(f"can't be run: {error.strerror}") from error
        except (msgspec.MsgspecError, ValueError) as error:
            raise self._error(str(error)) from error

    def _interactive(self) -> bool:
        mode = self._config.interactive_mode
        available = mode != "Never" and sys.stdin is not None and sys.stdin.isatty()
        if mode == "Always" and not available:
            raise self._error("wants to ask somebody (interactiveMode), but there is no terminal")
        return available

    async def _output(self, *, interactive: bool) -> bytes:
        info = exec_info(self._access, self._config, interactive=interactive)
        process = await asyncio.create_subprocess_exec(
            self._config.command,
            *self._config.args,
            env={**self._environ, **dict(self._config.env), "KUBERNETES_EXEC_INFO": info},
            stdin=None if interactive else DEVNULL,
            stdout=PIPE,
            stderr=None if interactive else PIPE,
        )
        try:
            async with asyncio.timeout(None if interactive else TIMEOUT):
                output, complaint = await process.communicate()
        except BaseException:
            # Kills it, and lets go of the pipes, at which a child of it may still hold.
            hold: Any = process
            hold._transport.close()  # noqa: SLF001 (`kill` raises for one that ended)
            await process.wait()
            raise
        if process.returncode:
            said = (complaint or b"").decode(errors="replace").strip()[-COMPLAINT:]
            raise self._error(f"ended with {process.returncode}: {said}")
        return output

    def _error(self, problem: str, hint: str = "") -> CredentialError:
        command = self._config.command
        message = f"{self._access.source}: exec plugin {command} {problem}"
        return CredentialError(f"{message}; {hint}" if hint else message)
