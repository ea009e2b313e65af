"""Which addresses of the network an address that somebody else wrote may lead to."""

from __future__ import annotations

import ipaddress
import socket
import threading

from litreview.web.gate import RefusedError

# What `socket.getaddrinfo` gives for one address.
Info = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]

# IPv6 prefixes that carry an IPv4 address, and how many bits stand behind it.
# References: RFC 4291 (mapped, compatible), 6052 and 8215 (NAT64), 3056 (6to4), 2765 (translated).
_CARRIERS = tuple(
    (ipaddress.IPv6Network(prefix), behind)
    for prefix, behind in (
        ("::ffff:0:0/96", 0), ("::ffff:0:0:0/96", 0), ("::/96", 0), ("64:ff9b::/96", 0),
        ("64:ff9b:1::/48", 0), ("2002::/16", 80),
    )
)  # fmt: skip
_UNICAST = ipaddress.IPv6Network("2000::/3")


def is_public(text: str) -> bool:
    """Whether an IP address lies in the public internet, whatever dress it comes in.

    Args:
        text: IPv4 or IPv6, perhaps with a scope (`fe80::1%eth0`).

    Raises:
        ValueError: If the text is no IP address.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        for prefix, behind in _CARRIERS:
            if address in prefix:
                return is_public(str(ipaddress.IPv4Address((int(address) >> behind) & 0xFFFFFFFF)))
        if address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast


def refuse_private(host: str, found: list[Info]) -> None:
    """Keep an address that somebody else wrote from reaching into the local network.

    Raises:
        RefusedError: If one of the host's addresses is not in the public internet.
    """
    for *_, address in found:
        try:
            allowed = is_public(str(address[0]))
        except ValueError:
            allowed = False
        if not allowed:
            raise RefusedError(
                f"{host} is in the local network, which is not read for safety; "
                "set LITREVIEW_PRIVATE_ADDRESSES=1 if you mean it"
            )


def resolve(host: str, port: int, seconds: float) -> list[Info]:
    """The addresses of a host, asked for once.

    The system's own function knows no limit of time, so it is waited for in a thread.

    Raises:
        OSError: If there is no such host (`socket.gaierror`), or no answer in time.
    """
    found: list[Info] = []
    failed: list[Exception] = []

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failed.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(max(seconds, 0.01))
    if thread.is_alive():
        raise TimeoutError(f"no address for {host} within {seconds:.0f} s")
    if failed:
        raise failed[0] if isinstance(failed[0], OSError) else socket.gaierror(str(failed[0]))
    return found
