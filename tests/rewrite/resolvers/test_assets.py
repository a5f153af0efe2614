"""Assets of an organization: what stays, what is mapped, what cannot travel and what keeps its place instead."""

from __future__ import annotations

import pytest

from migrate.plan.maps import Maps
from migrate.plan.policies import Policy
from migrate.rewrite.resolvers.assets import BLANK_IMAGE

THEME = "9a1b2c3d-0000-4000-8000-000000000001"
UPLOAD = {"kind": "upload", "key": "9a1b2c3d-0000-4000-8000-000000000002/logo.png"}


def drafted(kit, body, unsupported="report"):
    world = kit.World(plan=kit.plan(Maps(), policy=Policy(unsupported=unsupported)))
    return world.draft({"elements": [], "pages": [], **body})


CASES = {
    "theme": ({"settings": {"theme": {"name": THEME, "overrides": {"space": "small"}}}}, "not_portable"),
    "image": ({"elements": [{"id": "i", "kind": "image", "source": UPLOAD}]}, "not_portable"),
    "plugin": ({"elements": [{"id": "p", "kind": "plugin", "pluginId": THEME, "config": {}}]}, "unresolved_plugin"),
}


@pytest.mark.parametrize("name", ["theme", "image", "plugin"])
def test_what_cannot_travel_is_refused_or_told(kit, name):
    body, code = CASES[name]
    assert code in [problem.code for problem in drafted(kit, body, "fail").refusals]
    told = drafted(kit, body)
    assert told.refusals == ()
    assert code in [residual.code for residual in told.residuals]


def test_the_overrides_of_a_theme_stay_where_the_theme_goes(kit):
    done = drafted(kit, CASES["theme"][0])
    assert done.body["settings"]["theme"] == {"overrides": {"space": "small"}}


def test_a_built_in_theme_stays(kit):
    body = {"settings": {"theme": {"name": "Dark"}}}
    done = drafted(kit, body, "fail")
    assert done.body["settings"] == body["settings"]
    assert done.refusals == ()


def test_an_image_keeps_its_place(kit):
    done = drafted(kit, CASES["image"][0])
    assert done.body["elements"][0]["source"] == {"kind": "url", "url": BLANK_IMAGE}


def test_an_uploaded_table_is_never_sent(kit):
    body = {
        "elements": [
            {"id": "t", "kind": "table", "source": {"kind": "csv-table", "connectionId": kit.WARE, "inodeId": THEME}}
        ]
    }
    assert "not_portable" in [problem.code for problem in drafted(kit, body).refusals]
