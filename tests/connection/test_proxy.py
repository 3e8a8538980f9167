"""Which proxy the environment names for a target: what requests would take."""

from __future__ import annotations

import pytest
from requests.utils import get_environ_proxies, select_proxy

from probe.connection.proxy import proxy_for

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("environment", "scheme"),
    [
        ({"HTTPS_PROXY": PROXY}, "https"),
        ({"HTTPS_PROXY": PROXY}, "http"),
        ({"http_proxy": PROXY}, "http"),
        ({"ALL_PROXY": PROXY}, "https"),
        ({"ALL_PROXY": "http://other.example", "https_proxy": PROXY}, "https"),
        ({"HTTPS_PROXY": "http://other.example", "https_proxy": PROXY}, "https"),
        ({"HTTPS_PROXY": ""}, "https"),
        ({}, "https"),
    ],
)
@pytest.mark.parametrize(
    "no_proxy",
    [
        "",
        "target.example",
        ".example",
        "example",
        "get.example",
        "10.0.0.0/8",
        "*",
        "a, target.example",
    ],
)
@pytest.mark.parametrize("host", ["target.example", "10.1.2.3"])
def test_the_choice_is_the_one_of_requests(
    environment: dict[str, str],
    scheme: str,
    no_proxy: str,
    host: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For every setting, the proxy that the user's code would use, or none where it uses none."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    environment = {**environment, **({"NO_PROXY": no_proxy} if no_proxy else {})}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    url = f"{scheme}://{host}/"
    theirs = select_proxy(url, get_environ_proxies(url))
    ours = proxy_for(scheme, host, environment)

    assert (ours.label if ours else None) == theirs


def test_a_proxy_shows_no_user_info() -> None:
    """Neither the label nor the representation holds the password."""
    proxy = proxy_for("http", "h", {"HTTP_PROXY": "http://me:CANARY@proxy.example"})

    assert proxy is not None
    assert proxy.label == "http://proxy.example:80"
    assert "CANARY" not in repr(proxy)
    assert proxy.authorization == "Basic bWU6Q0FOQVJZ"
