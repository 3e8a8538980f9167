"""What a certificate says of itself: a reader of the few DER fields that people ask for.

Total over hostile bytes: what is no certificate is None. Verifies nothing; that is OpenSSL's work,
and what is read here is only ever shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from probe.words import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEQUENCE, _OID, _UTC_TIME, _GENERAL_TIME = 0x30, 0x06, 0x17, 0x18
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_DNS_NAME, _IP_NAME = 0x82, 0x87
_SUBJECT_ALT_NAME = b"\x55\x1d\x11"
# id-at, X.520; RFC 4514 section 3 gives the short words.
_ATTRIBUTES = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
}
_MOST_NAMES = 20  # certificates of content networks carry hundreds


@dataclass(frozen=True, slots=True)
class Certificate:
    """The fields of one certificate, fit to be shown. Times are ISO 8601, UTC."""

    subject: str  # "CN=db.example.com,O=Example", in the order of the certificate
    issuer: str
    not_before: str | None
    not_after: str | None
    names: tuple[str, ...]  # the first of subjectAltName

    def facts(self) -> dict[str, Any]:
        """Give the fields as JSON-ready facts."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "not_before": self.not_before,
            "not_after": self.not_after,
            "names": list(self.names),
        }


class _MalformedError(ValueError):
    pass


def read(der: bytes) -> Certificate | None:
    """Read one DER certificate; None when the bytes are not one."""
    try:
        return _certificate(der)
    except _MalformedError:
        return None


def _certificate(der: bytes) -> Certificate:
    fields = list(_children(_only(_only(der, _SEQUENCE), _SEQUENCE)))
    if fields and fields[0][0] == _VERSION:
        del fields[0]
    if len(fields) < 6:
        raise _MalformedError
    # serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo: RFC 5280, 4.1
    (_, _, (_, issuer), (_, validity), (_, subject), *_) = fields
    times = [_time(tag, value) for tag, value in _children(validity)]
    if len(times) != 2:
        raise _MalformedError
    return Certificate(
        subject=_name(subject),
        issuer=_name(issuer),
        not_before=times[0],
        not_after=times[1],
        names=tuple(_alternatives(fields[6:])),
    )


def _children(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Walk the tag-length-value triples that stand side by side."""
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise _MalformedError
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4 or at + count > len(data):
                raise _MalformedError
            length = int.from_bytes(data[at : at + count])
            at += count
        if at + length > len(data):
            raise _MalformedError
        yield tag, data[at : at + length]
        at += length


def _only(data: bytes, wanted: int) -> bytes:
    """Take the first triple, which must have this tag."""
    for tag, value in _children(data):
        if tag == wanted:
            return value
        break
    raise _MalformedError


def _name(data: bytes) -> str:
    parts: list[str] = []
    for _, relative in _children(data):
        for _, pair in _children(relative):
            fields = list(_children(pair))
            if len(fields) != 2 or fields[0][0] != _OID:
                raise _MalformedError
            word = _ATTRIBUTES.get(fields[0][1])
            if word and len(parts) < _MOST_NAMES:
                parts.append(f"{word}={_text(*fields[1])}")
    return ",".join(parts)


def _text(tag: int, value: bytes) -> str:
    wide = {0x1E: "utf-16-be", 0x1C: "utf-32-be"}.get(tag, "utf-8")  # BMPString, UniversalString
    return printable(value[:512].decode(wide, "replace"), 128)


def _time(tag: int, value: bytes) -> str | None:
    """YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ; None for a date that does not exist."""
    digits = value.decode("ascii", "replace")
    if tag == _UTC_TIME:  # RFC 5280, 4.1.2.5.1: 50 and later is the last century
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    elif tag != _GENERAL_TIME:
        raise _MalformedError
    if len(digits) != 15 or not digits[:14].isdecimal() or not digits.isascii():
        return None
    year, month, day, hour, minute, second = (
        int(digits[a:b]) for a, b in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))
    )
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return moment.isoformat().replace("+00:00", "Z")


def _alternatives(fields: list[tuple[int, bytes]]) -> Iterator[str]:
    extensions = next((value for tag, value in fields if tag == _EXTENSIONS), None)
    if extensions is None:
        return
    for _, extension in _children(_only(extensions, _SEQUENCE)):
        parts = list(_children(extension))
        if not parts or parts[0] != (_OID, _SUBJECT_ALT_NAME):
            continue
        names = list(_children(_only(parts[-1][1], _SEQUENCE)))
        for tag, value in names[:_MOST_NAMES]:
            if tag == _DNS_NAME:
                yield _text(tag, value)
            elif tag == _IP_NAME and len(value) in (4, 16):
                yield str(ip_address(value))
