"""Certificates in PEM."""

import base64
from datetime import UTC, datetime

from cryptography import x509


def bundle_problem(bundle: str, now: float) -> str:
    """Empty where a certificate of the bundle is valid."""
    try:
        pem = base64.b64decode(bundle)
    except ValueError as error:
        return f"is no base64: {error}"
    return pem_problem(pem, now)


def pem_problem(pem: bytes, now: float) -> str:
    """Empty where one of the certificates is valid."""
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        return f"has no certificates: {error}"
    last = max(one.not_valid_after_utc for one in found)
    if last < datetime.fromtimestamp(now, UTC):
        return f"expired on {last:%Y-%m-%d}"
    return ""
