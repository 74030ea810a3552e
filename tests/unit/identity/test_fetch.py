"""Addresses from outside: only https, only hosts on the list, never into a private network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.errors import FetchFailed, FetchRefused, IdentityError
from identity.fetch.addresses import FetchPolicy, find_target, is_public, require_allowed
from identity.tls.policy import require_public_url

POLICY = FetchPolicy(frozenset({"issuer.example", "issuer.example:8443"}))


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.example/",
        "ftp://issuer.example/",
        "file:///etc/passwd",
        "https://other.example/",
        "https://issuer.example:444/",
        "https://issuer.example.evil.example/",
        "https://issuer.example@evil.example/",
        "https://user:pass@issuer.example/",
        "https://evil.example/#issuer.example",
        "https://issuer.example/#x",
        "https://issuer.example\\@evil.example/",
        "https://issuer.example/ x",
        "https://issuer.example/\r\nHost: evil.example",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://issuer.example./",
        "https://issuer.example%00.evil.example/",
        "https://issuer\u3002example/",
        "https://\u0131ssuer.example/",
        "https://2130706433/",
        "https://localhost/",
        "https://issuer.example:99999/",
        "https://[broken/",
        "https:///x",
        "",
        "https://issuer.example/" + "x" * 3_000,
    ],
)
def test_an_address_that_is_not_on_the_list_is_refused_before_anything_is_asked(url: str) -> None:
    def never(_host: str, _port: int) -> list[str]:
        raise AssertionError("a name was resolved")

    with pytest.raises(FetchRefused):
        find_target(url, POLICY, never)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:1::1",
        "2001:db8::1",
        "fec0::1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b:1::1",
        "198.18.0.1",
        "192.0.0.1",
        "240.0.0.1",
    ],
)
def test_a_host_with_a_private_address_is_refused_even_beside_a_public_one(address: str) -> None:
    assert not is_public(address)
    for addresses in ([address], ["93.184.215.14", address], [address, "93.184.215.14"]):
        with pytest.raises(FetchRefused, match="private"):
            find_target("https://issuer.example/x", POLICY, lambda _host, _port, found=addresses: found)


def test_the_address_that_was_checked_is_the_one_that_is_asked() -> None:
    target = find_target("https://issuer.example:8443/a/b?c=1", POLICY, lambda _host, _port: ["93.184.215.14"])
    assert (target.address, target.host, target.port, target.path) == (
        "93.184.215.14",
        "issuer.example",
        8443,
        "/a/b?c=1",
    )


def test_private_networks_are_for_development() -> None:
    policy = FetchPolicy(frozenset({"localhost:1"}), private_networks=True)
    assert find_target("https://localhost:1/", policy, lambda _host, _port: ["127.0.0.1"]).port == 1


def test_a_name_without_an_address_fails() -> None:
    with pytest.raises(FetchFailed):
        find_target("https://issuer.example/", POLICY, lambda _host, _port: [])


@given(st.text(max_size=80))
def test_any_text_as_an_address_is_a_typed_error(text: str) -> None:
    with pytest.raises(IdentityError):
        require_allowed(text, POLICY)


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.example",
        "ftp://issuer.example",
        "issuer.example",
        "https://",
        "https://issuer.example?x=1",
        "https://issuer.example#x",
        "https://a:b@issuer.example",
        "https://issuer.example:70000",
    ],
)
def test_a_public_address_is_plain_https(url: str) -> None:
    with pytest.raises(IdentityError):
        require_public_url(url, development=False)


def test_a_public_address_may_have_a_path_and_loses_its_slash() -> None:
    assert require_public_url("https://issuer.example/tenant/", development=False) == "https://issuer.example/tenant"
    assert require_public_url("http://localhost:1", development=True) == "http://localhost:1"
