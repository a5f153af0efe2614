"""What a parent's list makes of a plan: who is a target, what it is called, where it is asked."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from migrate.errors import Refused
from migrate.plan.model import Plan, Tenant
from migrate.plan.orgs import Expect, FromEnvironment, OfTenant, Org, Source
from migrate.plan.parents import TenantsOf, Where
from migrate.plan.roster import Listed, listed, roster_of, roster_tree, with_roster

HOST = "https://api.sigmacomputing.com"


def plan(*rows, where=None, source=None, url=HOST):
    parent = Org(alias="parent", base_url=url, credentials=FromEnvironment(prefix="P"), expect=source)
    return Plan(
        name="p",
        orgs={"parent": parent},
        source=Source(org="parent"),
        targets=(),
        tenants=tuple(Tenant(tenant=name, values=MappingProxyType({"tenant": name, **cells})) for name, cells in rows),
        tenants_of=TenantsOf(parent="parent", where=where or Where()),
    )


def made(*tenants, rows=(), **more):
    return with_roster(plan(*rows, **more), [Listed(id=identity, **about) for identity, about in tenants])


def test_every_tenant_is_a_target_by_exchange_and_must_be_who_the_list_says():
    found = made(("1", {"slug": "one", "api_url": "https://api.eu.sigmacomputing.com/"}), ("2", {}))
    assert found.targets == ("one", "2")
    assert found.orgs["one"].base_url == "https://api.eu.sigmacomputing.com"
    assert found.orgs["2"].base_url == HOST
    assert found.orgs["one"].credentials == OfTenant(parent="parent", tenant_id="1")
    assert (found.orgs["one"].expect, found.orgs["one"].access) == (Expect(organization_id="1"), "write")


@pytest.mark.parametrize(
    ("parent", "told", "asked"),
    [
        (HOST, "http://127.0.0.1:99", "https://127.0.0.1:99"),
        (HOST, "HTTP://evil.example", "https://evil.example"),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:2"),
        (HOST, "", HOST),
    ],
)
def test_no_list_sends_a_token_out_less_protected_than_to_the_parent(parent, told, asked):
    assert made(("1", {"slug": "one", "api_url": told}), url=parent).orgs["one"].base_url == asked


def test_no_two_targets_are_called_the_same():
    found = made(("1", {"slug": "same"}), ("2", {"slug": "same"}), ("3", {"slug": "parent"}), ("a b", {"slug": "c d"}))
    assert found.targets == ("same", "2", "3", "tenant-0")
    assert made(("1", {"slug": "one"}), ("1", {"slug": "one"})).targets == ("one",)
    named = made(("1", {"slug": "one"}), ("2", {"slug": "two"}), rows=[("one", {"tenant_id": "2"})])
    assert named.targets == ("1", "one"), "a row's id comes before the slug that somebody else has"


def test_a_row_goes_over_what_the_list_tells_and_switches_off():
    rows = [("one", {"name": "First", "wave": "1"}), ("two", {"enabled": "no"})]
    found = made(("1", {"slug": "one", "name": "A", "region": "eu"}), ("2", {"slug": "two"}), rows=rows)
    assert found.targets == ("one",)
    assert dict(found.tenants[0].values) == {
        "tenant": "one",
        "tenant_id": "1",
        "slug": "one",
        "name": "First",
        "region": "eu",
        "wave": "1",
    }
    assert found.told == ()


def test_who_is_left_out_is_told():
    tenants = [(str(number), {"slug": f"x{number}"}) for number in range(12)]
    found = made(("a", {"slug": "acme"}), *tenants, where=Where(slug="acme"), rows=[("x1", {}), ("nobody", {})])
    assert found.targets == ("acme",)
    others, *strange = found.told
    assert others.startswith("12 of the 13 tenants of parent are no targets")
    assert others.endswith("x9 and 2 more")
    assert [one.split()[0] for one in strange] == ["x1", "nobody"]


def test_what_a_parent_does_not_tell_fits_nothing_that_is_asked_for():
    with pytest.raises(Refused) as refused:
        made(("1", {"slug": "one"}), where=Where(region="*"))
    assert refused.value.code == "no_tenants"


def test_the_source_is_no_target_of_itself():
    found = made(("1", {"slug": "one"}), ("2", {"slug": "two"}), source=Expect(organization_id="1"))
    assert found.targets == ("two",)


def test_a_list_is_the_same_for_those_who_come_later_and_odd_fields_count_as_not_told():
    one = listed({"tenantOrganizationId": "1", "tenantOrganizationSlug": 7, "tenantRegion": "eu", "tenantApiUrl": None})
    assert one == Listed(id="1", region="eu")
    assert roster_of(roster_tree([one])) == (one,)
    assert with_roster(Plan(name="p", orgs={}, source=Source(), targets=("a",)), []).targets == ("a",)
