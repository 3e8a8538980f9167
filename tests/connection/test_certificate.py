"""The DER reader: right about real certificates, and total over everything else."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.connection import certificate
from tests.lab.machines.certificates import Authority

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def der(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give one certificate for two names and an address."""
    authority = Authority(tmp_path_factory.mktemp("ca"), "Some Authority")
    issued = authority.issue("db.example.com", "*.example.com", "10.0.0.9")
    return leaf(issued.chain)


def leaf(chain: Path) -> bytes:
    """Take the first certificate of a PEM file."""
    end = "-----END CERTIFICATE-----"
    first, _, _ = chain.read_text().partition(end)
    return ssl.PEM_cert_to_DER_cert(f"{first}{end}\n")


def test_a_certificate_tells_who_it_is_for_and_who_signed_it(der: bytes) -> None:
    """Subject, issuer, names and times are read as OpenSSL would show them."""
    found = certificate.read(der)

    assert found is not None
    assert found.subject == "CN=db.example.com"
    assert found.issuer == "CN=Some Authority"
    assert found.names == ("db.example.com", "*.example.com", "10.0.0.9")
    assert found.not_before is not None
    assert found.not_after is not None
    assert found.not_before < found.not_after
    assert found.not_after.endswith("Z")


def test_times_agree_with_another_reader(der: bytes) -> None:
    """The times are those that the cryptography library reads."""
    from cryptography import x509

    other = x509.load_der_x509_certificate(der)
    found = certificate.read(der)

    assert found is not None
    assert found.not_after == other.not_valid_after_utc.isoformat().replace("+00:00", "Z")


def test_half_a_certificate_is_none(der: bytes) -> None:
    """No beginning of a certificate reads as one, whatever its length."""
    assert [n for n in range(len(der)) if certificate.read(der[:n]) is not None] == []


@given(st.data())
def test_a_damaged_certificate_is_read_or_refused_and_never_raises(
    der: bytes, data: st.DataObject
) -> None:
    """Whatever byte a hostile server changes, nothing but a certificate or None comes out."""
    damaged = bytearray(der)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    found = certificate.read(bytes(damaged))

    assert found is None or found.subject.isprintable()


@given(st.binary(max_size=400))
def test_noise_is_no_certificate(noise: bytes) -> None:
    """Random bytes are never taken for a certificate."""
    assert certificate.read(noise) is None
