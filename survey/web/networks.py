"""By what callers are counted: the network an address belongs to. Whoever has an IPv6 line has 2^64 addresses."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

UNKNOWN = "unknown"
"""All callers whose address the server does not tell."""


def networks(address: str | None) -> tuple[str, ...]:
    """The networks of an address that are counted, the narrowest first: an IPv4 address; /64 and /48 of IPv6."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return (UNKNOWN,)
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            bits = int(parsed)
            return tuple(f"{bits >> (128 - length):x}/{length}" for length in (64, 48))
        parsed = parsed.ipv4_mapped
    return (str(parsed),)
