"""Documents that are none: any JSON under any key the rewriting knows; it never fails, nor changes its input."""

from contextlib import suppress

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from migrate.bundle.document import elements_of
from migrate.bundle.spec import Spec
from migrate.rewrite.catalogue.table import CATALOGUE
from migrate.rewrite.coverage import coverage
from migrate.rewrite.models.correlate import Uncorrelated, correlate
from migrate.rewrite.models.match import match_model
from migrate.tree import canonical

KEYS = [
    *sorted({key for row in CATALOGUE for key in row.keys}),
    "elements",
    "pages",
    "columns",
    "source",
    "kind",
    "id",
    "effect",
    "assignments",
    "filters",
    "actions",
    "sort",
    "overlays",
    "criteria",
    "name",
    "formula",
    "controlId",
    "modal",
    "footer",
    "primaryCta",
    "visible",
    "trigger",
    "whichRows",
    "comparison",
    "layout",
    "body",
    "inputMode",
    "rowsBy",
    "theme",
    "type",
    "joins",
    "left",
    "right",
    "groupings",
    "metrics",
    "relationships",
    "order",
    "url",
    "text",
]
TEXTS = [
    "base",
    "warehouse-table",
    "sql",
    "data-model",
    "table",
    "join",
    "union",
    "input-table",
    "button",
    "code",
    "text",
    "control",
    "kpi-chart",
    "upload",
    "open-document",
    "insert-rows",
    "export",
    "hidden",
    "linked",
    "transpose",
    "[A/B]",
    "[A repeated container/B]",
    "[Missing node/x]",
    "rgb(1,2,3)",
    "https://app.sigmacomputing.com/here-slug",
    "https://app.sigmacomputing.com/x/workbook/A-5m4XHmCqrmQYZws?:nodeId=a",
    "https://",
    'CurrentUserInTeam("x',
    "{{",
    'CallText("a.b", 1)',
    "select 1 from a.b.c",
    "on-primary-cta-click",
    "inode-5m4XHmCqrmQYZws/A",
    "e",
    "c",
    '<Page id="p"><Container type="stack"/></Page>',
    "a\n\n\nb",
    "00000000-0000-4000-8000-00000000000a",
]
LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(TEXTS) | st.text(max_size=5)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=40,
)
BODIES = st.dictionaries(st.sampled_from([*KEYS, "elements", "pages"]), TREES, max_size=6)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(BODIES, st.sampled_from(["workbook", "data-model"]))
@example({"elements": [{"id": {}, "inputMode": {"layout": None}}]}, "workbook")
def test_any_json_is_survived(world_kit, body, kind):
    before = canonical(body)
    done = world_kit.World().draft(body, kind=kind, description="https://app.sigmacomputing.com/x/workbook/A")
    assert canonical(body) == before
    key = world_kit.key(kind, 1)
    spec = Spec(key=key, generation="contents", name="x", folder_id="f", body=body)
    coverage({key: spec}, [done])
    assert all(problem.path.startswith("$") for problem in done.refusals)
    assert "draft_failed" not in {problem.code for problem in done.refusals}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(BODIES, BODIES)
@example({"elements": [{"id": "e", "columns": 5, "metrics": 1, "relationships": 1, "groupings": True}]}, {})
@example({"elements": [{"id": "e", "groupings": [{"id": "g", "groupBy": 3}], "source": {"joins": 4}}]}, {})
def test_any_model_is_survived_in_the_place_of_another(world_kit, one, other):
    """What is known of models is worked out before any document is, so an odd one must not end it."""
    keys = [world_kit.key("data-model", number) for number in (1, 2)]
    specs = {
        key: Spec(key=key, generation="flat", name=key.id, folder_id="f", body=body)
        for key, body in zip(keys, (one, other), strict=True)
    }
    context = world_kit.World(scope=frozenset(keys), specs=specs).context()
    assert set(context.sources.outlines) == set(context.sources.bodies)
    match_model(one, other)
    with suppress(Uncorrelated):  # which is the right answer to two models that have nothing in common
        assert set(correlate(one, other)) >= {each.id for each in elements_of(one) if each.id}
