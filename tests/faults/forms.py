"""Every way to write an address that must not be dialled, for every check that takes one."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# What stands there in Lambda, EC2, ECS and EKS.
FORBIDDEN_IPV4 = {
    "loopback": "127.0.0.1",
    "the last of loopback": "127.255.255.254",
    "this host": "0.0.0.0",
    "instance metadata": "169.254.169.254",
    "the resolver": "169.254.169.253",
    "the clock": "169.254.169.123",
    "task credentials": "169.254.170.2",
    "pod credentials": "169.254.170.23",
    "the Runtime API": "169.254.100.1",
    "multicast": "224.0.0.1",
    "broadcast": "255.255.255.255",
}
FORBIDDEN_IPV6 = {
    "loopback": ("::1", "0:0:0:0:0:0:0:1", "0000::0001", "::0.0.0.1", "[::1]", "::1%lo"),
    "unspecified": ("::", "[::]", "0::0"),
    "link-local": ("fe80::1", "fe80::1%lo", "fe80::1%25lo", "FE80::a9fe:a9fe"),
    "instance metadata": ("fd00:ec2::254", "FD00:EC2:0:0::254", "[fd00:ec2::254]"),
    "pod credentials": ("fd00:ec2::23",),
    "the resolver": ("fd00:ec2::253",),
    "multicast": ("ff02::1",),
}
# Names of the sandbox's own resolver, which answers with what must not be dialled.
NAMES = (
    "localhost",
    "LOCALHOST",
    "localhost.",
    "api.localhost",
    "loopback.test",
    "metadata.test",
    "credentials.test",
    "runtime.test",
    "zero.test",
    "mapped.test",
    "loopback6.test",
    "metadata6.test",
    "nat64.test",
    "6to4.test",
    "alias.test",
    "METADATA.test.",
    "mixed.test",
)
_WIDE = str.maketrans("0123456789", "0123456789".translate({48 + i: 0xFF10 + i for i in range(10)}))
_CIRCLED = str.maketrans(
    "0123456789", "\u24ea\u2460\u2461\u2462\u2463\u2464\u2465\u2466\u2467\u2468"
)


def of_ipv4(text: str) -> Iterator[str]:
    """Write an IPv4 address in every way that something, somewhere, reads."""
    address = IPv4Address(text)
    number, (a, b, c, d) = int(address), address.packed
    yield from (text, f"{text}.", f"[{text}]", f" {text} ")
    yield from (str(number), f"0x{number:08x}", f"0X{number:X}", f"0{number:o}", f"0x{number:x}.")
    yield f"{a}.{number & 0xFFFFFF}"
    yield f"{a}.{b}.{number & 0xFFFF}"
    yield f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"
    yield f"0{a:o}.0{b:o}.0{c:o}.0{d:o}"
    yield f"0{a:o}.{b}.0x{number & 0xFFFF:x}"
    yield f"{a:03}.{b:03}.{c:03}.{d:03}"
    yield text.translate(_WIDE)
    yield text.translate(_CIRCLED)
    yield from (text.replace(".", dot) for dot in ("\u3002", "\uff0e", "\uff61"))
    yield text.replace(".", "\u00ad.")
    yield from map(str, embedded(number))
    yield f"::ffff:{text}"
    yield f"[::ffff:{text}]"
    yield f"::ffff:{text}%lo"
    yield f"0:0:0:0:0:ffff:{a << 8 | b:x}:{c << 8 | d:x}"


def embedded(number: int) -> Iterator[IPv6Address]:
    """Put an IPv4 address into IPv6 as each translation and each tunnel does."""
    if number > 1:  # ::0.0.0.0 and ::0.0.0.1 are IPv6's own
        yield IPv6Address(number)
    yield IPv6Address((0xFFFF << 32) + number)
    yield IPv6Address((0xFFFF << 48) + number)  # translated, RFC 7915
    yield IPv6Address((0x0064FF9B << 96) + number)  # NAT64, RFC 6052
    own = 0x0064FF9B0001 << 80  # NAT64, RFC 8215, behind /96, /64, /56 and /48
    yield IPv6Address(own + number)
    yield IPv6Address(own + (number << 24))
    yield IPv6Address(own + (number >> 24 << 64) + ((number & 0xFFFFFF) << 32))
    yield IPv6Address(own + (number >> 16 << 64) + ((number & 0xFFFF) << 40))
    yield IPv6Address((0x2002 << 112) + (number << 80) + 1)  # 6to4, RFC 3056
    yield IPv6Address((0x20010000 << 96) + (~number & 0xFFFFFFFF))  # Teredo, RFC 4380
    yield IPv6Address((0xFD << 120) + (0x00005EFE << 32) + number)  # ISATAP, RFC 5214
    yield IPv6Address((0xFD << 120) + (0x02005EFE << 32) + number)


def hosts() -> Iterator[str]:
    """List every form of every address, and every name."""
    for text in FORBIDDEN_IPV4.values():
        yield from of_ipv4(text)
    for forms in FORBIDDEN_IPV6.values():
        yield from forms
    yield from NAMES


def entries(host: str) -> Iterator[dict[str, Any]]:
    """Make a target of a host for every check that takes one."""
    bracketed = f"[{host}]" if ":" in host and not host.startswith("[") else host
    for scheme in ("http", "https"):
        yield {"check": "http", "url": f"{scheme}://{bracketed}/"}
    yield {"check": "http", "url": f"http://{bracketed}:9001/2018-06-01/runtime/invocation/next"}
    for engine in ("postgres", "mysql", "sqlserver", "oracle"):
        yield {"check": "rds", "host": host, "engine": engine}
    yield {"check": "tcp", "host": host, "port": 9001}
    yield {"check": "tcp", "host": host, "port": 443, "tls": True}
    yield {"check": "cache", "host": host}
    yield {"check": "cache", "host": host, "tls": True}
    for service in ({"check": "dynamodb"}, {"check": "logs"}, {"check": "aws", "service": "s3"}):
        yield {**service, "host": host}


# What readers of URLs have disagreed about.
URLS = (
    "http://good.test@127.0.0.1/",
    "http://good.test:80@169.254.169.254/",
    "http://127.0.0.1#@good.test/",
    "http://127.0.0.1?@good.test/",
    "http://127.0.0.1\\@good.test/",
    "http://good.test\\@127.0.0.1/",
    "http://%31%32%37.0.0.1/",
    "http://%6c%6f%63%61%6c%68%6f%73%74/",
    "http://127.0.0.1:80%2f@good.test/",
    "http:///127.0.0.1/",
    "http:127.0.0.1/",
    "http:/\\127.0.0.1/",
    "HTTP://LOCALHOST:9001/",
    "http://0/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::1%25lo]/",
    "http://127.0.0.1:0/",
    "http://\u2488127.0.0.1/",
    "http://loc\u00adalhost/",
    "http://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54/",
    "file:///proc/self/environ",
    "gopher://127.0.0.1:6379/_PING",
    "unix:///var/run/x.sock",
    "ftp://127.0.0.1/",
    "http+unix://%2Fvar%2Frun%2Fx.sock/",
)
