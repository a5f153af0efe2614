"""Addresses of Sigma: pointed at the copy, at the target's host and slug, or told."""

import pytest

from migrate.inventory.model import Item, Key, url_id_of
from migrate.plan.maps import Maps, Pair
from migrate.plan.policies import Policy
from migrate.rewrite.bind import bind
from migrate.rewrite.model import Copied, ElementIds
from migrate.rewrite.text.url import to_url_id

APP = "https://app.sigmacomputing.com"


def drafted(kit, text, *, maps=None, policy=None, hosts=("app.sigmacomputing.com", "app.sigmacomputing.com")):
    def listed(alias, host, number):
        key = Key(org=alias, kind="workbook", id=kit.uuid(number))
        url = f"https://{host}/{alias}-slug/workbook/X-{to_url_id(key.id)}"
        return Item(key=key, name="X", folder_id="f", path=(), version=1, url=url)

    scope = frozenset({kit.key("workbook", 3), kit.key("data-model", 2)})
    world = kit.World(
        source=kit.here(listed("here", hosts[0], 77)),
        dest=kit.there(listed("there", hosts[1], 7077)),
        plan=kit.plan(maps or Maps(), policy=policy),
        scope=scope,
    )
    done = world.draft({"elements": [{"kind": "text", "body": text}]})
    ids = {
        kit.key("workbook", 3): Copied(id=kit.uuid(7003)),
        kit.key("data-model", 2): Copied(id=kit.uuid(7002), elements={"e": ElementIds(id="e/2")}),
    }
    return done, bind(done, ids)["elements"][0]["body"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{app}/here-slug/workbook/Sales-{w}", "{app}/there-slug/workbook/Sales-{W}"),
        ("{app}/here-slug/workbook/{w}?:nodeId=el", "{app}/there-slug/workbook/{W}?:nodeId=el"),
        ("{app}/here-slug/data-model/M-{m}?:nodeId=e", "{app}/there-slug/data-model/M-{M}?:nodeId=e%2F2"),
        ("[a]({app}/here-slug/workbook/A-{w}), {app}/here-slug/workbook/{w}.", None),
        ("{app}/here-slug", "{app}/there-slug"),
        ("{app}/other-org/workbook/A-{foreign}", "{app}/other-org/workbook/A-{foreign}"),
        ("https://help.sigmacomputing.com/docs/intro", "https://help.sigmacomputing.com/docs/intro"),
        ("https://wiki.example/a?b=c", "https://wiki.example/a?b=c"),
    ],
)
def test_addresses_lead_to_the_target(kit, before, after):
    ids = {"w": to_url_id(kit.uuid(3)), "W": to_url_id(kit.uuid(7003)), "m": to_url_id(kit.uuid(2))}
    ids |= {"M": to_url_id(kit.uuid(7002)), "foreign": to_url_id(kit.uuid(4444)), "app": APP}
    text = before.format(**ids)
    done, bound = drafted(kit, text)
    assert done.refusals == ()
    wanted = after.format(**ids) if after else text.replace(ids["w"], ids["W"]).replace("here-slug", "there-slug")
    assert bound == wanted


def test_the_host_follows_too(kit):
    text = f"https://staging.sigmacomputing.io/here-slug/workbook/A-{to_url_id(kit.uuid(3))}"
    _done, bound = drafted(kit, text, hosts=("staging.sigmacomputing.io", "app.sigmacomputing.com"))
    assert bound == f"{APP}/there-slug/workbook/A-{to_url_id(kit.uuid(7003))}"


@pytest.mark.parametrize("path", ["workbook/A-{other}", "embed/1-{other}", "workbook/A-{other}?:nodeId=x"])
def test_what_is_not_copied_is_told(kit, path):
    text = f"{APP}/here-slug/" + path.format(other=to_url_id(kit.uuid(77)))
    done, _bound = drafted(kit, text)
    assert [problem.code for problem in done.refusals] == ["unknown_reference"]
    assert done.refusals[0].path == "$.elements[0].body"
    reported, bound = drafted(kit, text, policy=Policy(unsupported="report"))
    assert (reported.refusals, bound) == ((), text)
    assert [residual.code for residual in reported.residuals] == ["unknown_reference"]


def test_a_mapped_address_is_taken_as_mapped(kit):
    text = f"see {APP}/here-slug/workbook/A-{to_url_id(kit.uuid(77))}?x=1"
    maps = Maps(urls=(Pair(source=text[4:-4], target="https://wiki.example/moved"),))
    done, bound = drafted(kit, text, maps=maps)
    assert (done.refusals, bound) == ((), "see https://wiki.example/moved?x=1")
    assert done.used == ("map.urls.0",)


def test_an_id_beside_an_address_is_still_seen(kit):
    team = kit.uuid(100)
    done, _bound = drafted(kit, f"https://wiki.example/ and {team}")
    assert [(p.code, p.path) for p in done.refusals] == [("unknown_reference", "$.elements[0].body")]
    assert "team 'Finance'" in done.refusals[0].message
    done, _bound = drafted(kit, f"https://wiki.example/{team} and app.sigmacomputing.com/here-slug")
    assert [p.code for p in done.refusals] == ["unknown_reference"]


def test_the_service_says_how_an_id_is_written(kit):
    """Where it has, nothing is computed: neither of the source's ids, nor of the copy's, nor of a mapped model's."""
    listed = [
        Item(key=kit.key("workbook", 3), name="X", folder_id="f", path=(), version=1, url_id="sourceBook"),
        Item(key=kit.key("data-model", 2), name="M", folder_id="f", path=(), version=1, url_id="sourceModel"),
    ]
    there = Item(
        key=Key(org="there", kind="data-model", id=kit.uuid(7002)),
        name="Mapped",
        folder_id="f",
        path=(),
        version=1,
        url_id="targetModel",
    )
    maps = Maps(data_models=(Pair(source="M", target="Mapped"),))
    world = kit.World(
        source=kit.here(*listed), dest=kit.there(there), plan=kit.plan(maps), scope=frozenset({listed[0].key})
    )
    text = f"{APP}/here-slug/workbook/X-sourceBook and {APP}/here-slug/data-model/M-sourceModel"
    done = world.draft({"elements": [{"kind": "text", "body": text}]})
    assert done.refusals == ()
    said = bind(done, {listed[0].key: Copied(id=kit.uuid(7003), url_id="targetBook")})["elements"][0]["body"]
    assert said == f"{APP}/there-slug/workbook/X-targetBook and {APP}/there-slug/data-model/M-targetModel"
    computed = bind(done, {listed[0].key: Copied(id=kit.uuid(7003))})["elements"][0]["body"]
    assert f"/workbook/X-{to_url_id(kit.uuid(7003))} " in computed


@pytest.mark.parametrize(
    ("entry", "url_id"),
    [
        ({"workbookUrlId": "a"}, "a"),
        ({"dataModelUrlId": "b", "url": f"{APP}/x/data-model/N-0Gv0MxZH1k13nlbfE8XUQ"}, "b"),
        ({"urlId": "c"}, "c"),
        ({"url": f"{APP}/x/workbook/N-0Gv0MxZH1k13nlbfE8XUQ"}, "0Gv0MxZH1k13nlbfE8XUQ"),
        ({"url": f"{APP}/x/workbook/0Gv0MxZH1k13nlbfE8XUQ?:nodeId=a"}, "0Gv0MxZH1k13nlbfE8XUQ"),
        ({"url": f"{APP}/x/workbook/N", "urlId": 7}, ""),
        ({}, ""),
    ],
)
def test_where_the_service_says_it(entry, url_id):
    assert url_id_of(entry) == url_id
