"""Passkeys (WebAuthn level 2): what browsers are asked for, and whether what they bring is right.

The relying party is the host of the public address, so that a page that imitates ours gets nothing that opens this one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

NAME = "SIPAS"
LONGEST = 20_000
"""Characters of what a browser brings; a device's own certificate is not asked for."""
TIMEOUT_MS = 120_000


@dataclass(frozen=True)
class RelyingParty:
    """Where passkeys are made and used."""

    host: str
    origin: str


@dataclass(frozen=True)
class Challenge:
    """What a device is to sign, and since when it is asked for."""

    data: bytes
    asked: datetime


@dataclass(frozen=True)
class NewPasskey:
    """A passkey that a device has made, as it is stored."""

    credential_id: str
    public_key: str
    sign_count: int


def relying_party(base_url: str) -> RelyingParty | None:
    """Host and origin of an address; None where browsers offer no passkeys: a number, or neither https nor local."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        safe = parts.scheme == "https" or host == "localhost" or host.endswith(".localhost")
        return RelyingParty(host, f"{parts.scheme}://{parts.netloc}") if safe else None
    return None


def options_to_add(party: RelyingParty, user_id: int, username: str, known: Sequence[str], challenge: bytes) -> str:
    """What a browser needs to make a passkey, as JSON; devices that have one of the `known` make no second."""
    options = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name=NAME,
        user_id=user_id.to_bytes(8, "big"),
        user_name=username,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=_descriptors(known),
    )
    return webauthn.options_to_json(options)


def options_to_sign_in(party: RelyingParty, known: Sequence[str], challenge: bytes) -> str:
    """What a browser needs to use one of the `known` passkeys, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=party.host, challenge=challenge, timeout=TIMEOUT_MS, allow_credentials=_descriptors(known)
    )
    return webauthn.options_to_json(options)


def read_new(party: RelyingParty, credential: str, challenge: bytes) -> NewPasskey | None:
    """The passkey that a browser says was made for a challenge; None for anything else."""
    try:
        made = webauthn.verify_registration_response(
            credential=credential[:LONGEST],
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
        )
    except Exception:
        return None
    return NewPasskey(
        bytes_to_base64url(made.credential_id), bytes_to_base64url(made.credential_public_key), made.sign_count
    )


def credential_of(credential: str) -> str:
    """What a browser calls the passkey that it used; empty for anything else."""
    try:
        return bytes_to_base64url(webauthn.helpers.parse_authentication_credential_json(credential[:LONGEST]).raw_id)
    except Exception:
        return ""


def sign_count_of(
    party: RelyingParty, credential: str, challenge: bytes, *, public_key: str, sign_count: int
) -> int | None:
    """How often a passkey has signed, once its signature over a challenge is right; None where it is not.

    A device that counts and has not counted on was copied: its signature is refused.
    """
    try:
        used = webauthn.verify_authentication_response(
            credential=credential[:LONGEST],
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=sign_count,
        )
    except Exception:
        return None
    return used.new_sign_count


def _descriptors(known: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known]
