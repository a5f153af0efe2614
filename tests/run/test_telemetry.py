"""Traces and metrics of a run, its organizations, documents and requests; no names unless asked, no secrets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from staging import FAST, Stage

from kit.small_tenants import DOCUMENTS, small_plan, small_world
from migrate import Plan
from migrate.errors import InvalidInput
from migrate.events import Answered, silent
from migrate.run.telemetry import VARIABLE, listening, telemetry
from migrate.sandbox.service import Sandbox
from migrate.secret import RING

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def seen():
    """Providers that keep in memory what they are told."""

    class Seen:
        def __init__(self):
            self.kept, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
            self.traces, self.metrics = TracerProvider(), MeterProvider([self.reader])
            self.traces.add_span_processor(SimpleSpanProcessor(self.kept))

        def named(self, start):
            return [span for span in self.kept.get_finished_spans() if span.name.startswith(start)]

        def points(self, name):
            found = self.reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
            return next(list(one.data.data_points) for one in found if one.name == name)

    seen = Seen()
    yield seen
    seen.traces.shutdown()
    seen.metrics.shutdown()


async def test_a_run_is_one_trace_of_its_organizations_documents_and_requests(seen, tmp_path):
    setting = Stage(sandbox=Sandbox(small_world(tmp_path, ["acme-secretive"])), folder=tmp_path)
    environ = {name.replace("-", "_"): value for name, value in setting.environ.items()}
    plan = Plan.load(small_plan(tmp_path, ["acme-secretive,acme-secretive"]), environ=environ)
    setting.environ = environ
    with listening(seen.traces, seen.metrics, names=False) as listener:
        result = await setting.run(replace(plan, run=FAST), listener=listener)
    (run,) = seen.named("run")
    assert (run.attributes["sigma.run"], run.attributes["sigma.exit_code"]) == (result.run_id, 0)
    orgs = {span.context.span_id: span for span in seen.named("organization")}
    assert {span.parent.span_id for span in orgs.values()} == {run.context.span_id}
    documents = seen.named("document created")
    assert len(documents) == DOCUMENTS
    assert {span.parent.span_id for span in documents} <= orgs.keys()
    assert all(span.end_time > span.start_time for span in documents)
    requests = [span for span in seen.kept.get_finished_spans() if "http.request.method" in span.attributes]
    assert len(requests) == len(setting.sandbox.evidence.entries)
    assert all("/v2/" in span.attributes["url.template"] for span in requests)
    assert sum(point.value for point in seen.points("sigma_migrate.documents")) == DOCUMENTS
    assert sum(point.count for point in seen.points("sigma_migrate.request.duration")) == len(requests)
    ids = [row.source_id for row in result.reconciliation.rows]
    templates = {span.attributes["url.template"] for span in requests}
    assert not [one for one in templates for document in ids if document in one], "one template for all documents"
    text = str([(span.name, dict(span.attributes)) for span in seen.kept.get_finished_spans()])
    for name in ("acme-secretive", "Notes", "small", *(value for key, value in environ.items() if "SECRET" in key)):
        assert name not in text, name


async def test_names_are_told_where_they_are_asked_for_and_secrets_never(seen):
    with RING_open(), listening(seen.traces, seen.metrics, names=True) as listener:
        RING.add("a-secret-of-forty-characters-and-some-more")
        path = "/v2/files/a-secret-of-forty-characters-and-some-more/x"
        listener(Answered(org="acme", method="GET", path=path, status=200, seconds=1.5, attempt=1))
    (span,) = [span for span in seen.kept.get_finished_spans() if span.name.startswith("GET")]
    assert span.attributes["sigma.org"] == "acme"
    assert span.end_time - span.start_time == 1_500_000_000
    assert "a-secret" not in f"{span.name} {dict(span.attributes)}"


class RING_open:  # noqa: N801 - a migration that is open, as far as secrets go
    def __enter__(self):
        RING.begin()

    def __exit__(self, *error):
        RING.end()


def test_nothing_is_made_unless_it_is_asked_for():
    for environ in ({}, {VARIABLE: "off"}):
        with telemetry(environ) as listener:
            assert listener is silent
    with pytest.raises(InvalidInput, match="write on, names"), telemetry({VARIABLE: "yes please"}):
        pass
