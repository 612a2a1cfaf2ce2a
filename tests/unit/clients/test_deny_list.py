"""The verdict on hosts and addresses, without a network."""

from __future__ import annotations

import pytest

from flowisectl.clients.deny_list import DENIED, AddressPolicy
from flowisectl.errors import InvalidSetting
from flowisectl.interfaces.http import HttpDenied, Reach

LOOPBACK_IN_DISGUISE = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "127.0.0.1.",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "0.0.0.0",
    "[::]",
    "localhost",
    "LOCALHOST.",
    "app.localhost",
    "localhost.localdomain",
]
INTERNAL = ["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "224.0.0.1", "255.255.255.255", "[fc00::1]"]
METADATA = ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200", "[::ffff:169.254.169.254]", "2852039166"]


@pytest.mark.parametrize("host", [*LOOPBACK_IN_DISGUISE, *INTERNAL])
def test_addresses_chosen_by_others_may_not_be_internal(host: str) -> None:
    with pytest.raises(HttpDenied, match=DENIED):
        AddressPolicy().host(host, Reach.PUBLIC)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.1.2.3", "192.168.1.1", "localhost", "0.0.0.0", "[fc00::1]"])
def test_endpoints_of_the_author_may_be_internal(host: str) -> None:
    assert AddressPolicy().host(host, Reach.ENDPOINT)


@pytest.mark.parametrize("host", METADATA)
def test_nobody_may_reach_metadata_addresses(host: str) -> None:
    with pytest.raises(HttpDenied):
        AddressPolicy().host(host, Reach.ENDPOINT)


@pytest.mark.parametrize("host", ["93.184.215.14", "example.com", "[2606:4700::1111]", "localhost.example.com", "1.example"])
def test_the_rest_of_the_world_is_open(host: str) -> None:
    assert AddressPolicy().host(host, Reach.PUBLIC) == host.strip("[]")


def test_an_odd_spelling_becomes_the_usual_one() -> None:
    assert AddressPolicy().host("0x5DB8D70E", Reach.PUBLIC) == "93.184.215.14"


@pytest.mark.parametrize("reach", list(Reach))
@pytest.mark.parametrize("host", ["203.0.113.7", "198.51.100.200", "[2001:db8::5]", "evil.example", "EVIL.example.", "a.b.inner.example"])
def test_the_operators_list_holds_for_everybody(host: str, reach: Reach) -> None:
    entries = ("203.0.113.7", "198.51.100.0/24", "2001:db8::/32", "evil.example", "*.inner.example", "")
    policy = AddressPolicy(security_check=False, deny_list=entries)

    with pytest.raises(HttpDenied):
        policy.host(host, reach)


def test_without_the_security_check_only_the_operators_list_holds() -> None:
    policy = AddressPolicy(security_check=False, deny_list=("10.0.0.0/8",))

    assert policy.host("localhost", Reach.PUBLIC) == "localhost"
    assert policy.allows("127.0.0.1", Reach.PUBLIC)
    assert policy.allows("169.254.169.254", Reach.PUBLIC)
    assert not policy.allows("10.9.9.9", Reach.ENDPOINT)


def test_a_resolved_address_that_cannot_be_read_is_refused() -> None:
    assert not AddressPolicy().allows("not an address", Reach.ENDPOINT)
    assert not AddressPolicy().allows("fe80::1%eth0", Reach.ENDPOINT)


def test_an_entry_that_cannot_be_read_names_the_setting() -> None:
    with pytest.raises(InvalidSetting, match="HTTP_DENY_LIST"):
        AddressPolicy(deny_list=("10.0.0.0/99",))
