"""Traces and metrics of a run for OpenTelemetry, made of its events. Off unless asked for, and then without names.

``SIGMA_MIGRATE_OTEL=on`` switches it on, ``SIGMA_MIGRATE_OTEL=names`` tells what targets and documents are called too;
else a target is a digest of its alias, which is the same in every run. Where things are sent is said by the usual
variables of OpenTelemetry (``OTEL_EXPORTER_OTLP_ENDPOINT`` and its like). The only file that knows its packages.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from migrate.errors import InvalidInput, Problem
from migrate.events import Acted, Answered, Event, Listener, Paused, RunBegan, RunEnded, silent
from migrate.secret import RING
from migrate.version import __version__

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter, MeterProvider
    from opentelemetry.trace import Span, Tracer, TracerProvider

VARIABLE = "SIGMA_MIGRATE_OTEL"
_ON = ("on", "names")
_ID = re.compile(r"/(?=[^/]*\d)[0-9A-Za-z_.-]{16,}(?=/|$)")
"""A part of a path that is an id: long, and with a digit in it."""

_Value = str | int | float | bool


@contextmanager
def telemetry(environ: Mapping[str, str]) -> Iterator[Listener]:
    """A listener that makes traces and metrics of all it hears while the block lasts; silent unless asked for.

    Raises InvalidInput where it is asked for in another word, or its packages are not installed.
    """
    asked = environ.get(VARIABLE, "").lower()
    if asked in ("", "off"):
        yield silent
        return
    if asked not in _ON:
        raise _wrong(f"{VARIABLE} is '{asked[:40]}'", "write on, names (of targets and documents too) or off")
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as missing:
        message = f"{VARIABLE} asks for traces, and the Python package {missing.name} is not installed"
        raise _wrong(message, "pip install 'sigma-migrate[otel]'") from None
    resource = Resource.create({"service.name": "sigma-migrate", "service.version": __version__})
    traces = TracerProvider(resource=resource)
    traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    metrics = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], resource=resource)
    try:
        with listening(traces, metrics, names=asked == "names") as listener:
            yield listener
    finally:
        traces.shutdown()
        metrics.shutdown()


@contextmanager
def listening(traces: TracerProvider, metrics: MeterProvider, *, names: bool) -> Iterator[Listener]:
    """A listener that tells these providers; spans that are open when the block ends are ended."""
    told = _Telling(traces.get_tracer("sigma_migrate"), metrics.get_meter("sigma_migrate"), names=names)
    try:
        yield told
    finally:
        told.close()


class _Telling:
    """One span for the run, in it one for each organization, in these one for each document and request."""

    def __init__(self, tracer: Tracer, meter: Meter, *, names: bool) -> None:
        from opentelemetry.trace import set_span_in_context

        self._inside = set_span_in_context
        self._tracer = tracer
        self._names = names
        self._run: Span | None = None
        self._orgs: dict[str, Span] = {}
        self._requests = meter.create_histogram("sigma_migrate.request.duration", "s", "How long requests take.")
        self._documents = meter.create_counter("sigma_migrate.documents", "1", "Documents by outcome.")
        self._paused = meter.create_counter("sigma_migrate.paused", "s", "Seconds that organizations asked to wait.")
        self._runs = meter.create_counter("sigma_migrate.runs", "1", "Runs by how they ended.")

    def __call__(self, event: Event) -> None:
        match event:
            case Answered():
                self._answered(event)
            case Acted():
                self._acted(event)
            case Paused():
                self._paused.add(event.seconds, {"sigma.org": self._called(event.org)})
            case RunBegan():
                about: dict[str, _Value] = {"sigma.run": event.run, "sigma.kind": event.kind}
                self._set(self._root(), about | self._named(event.plan, "plan"))
            case RunEnded():
                self._set(self._root(), {"sigma.status": event.status, "sigma.exit_code": event.exit_code})
                self._runs.add(1, {"sigma.status": event.status, "sigma.exit_code": event.exit_code})
            case _:
                pass  # progress and steps of the ledger

    def close(self) -> None:
        """Ends what is open, the run last."""
        for span in self._orgs.values():
            span.end()
        if self._run is not None:
            self._run.end()

    def _answered(self, event: Answered) -> None:
        path = _ID.sub("/{id}", event.path)
        about: dict[str, _Value] = {"http.request.method": event.method, "url.template": path}
        about |= {"http.response.status_code": event.status, "sigma.org": self._called(event.org)}
        more: dict[str, _Value] = {"sigma.attempt": event.attempt, "sigma.request_id": event.request_id}
        self._past(f"{event.method} {path}", event.org, event.seconds, about | more)
        self._requests.record(event.seconds, about)

    def _acted(self, event: Acted) -> None:
        about: dict[str, _Value] = {"sigma.kind": event.kind, "sigma.outcome": event.outcome}
        about |= {"sigma.reason": event.reason_code} if event.reason_code else {}
        more: dict[str, _Value] = {"sigma.document": event.source_id, **self._named(event.name, "name")}
        self._past(f"document {event.outcome}", event.target, event.seconds, about | more)
        self._documents.add(1, {**about, "sigma.org": self._called(event.target)})

    def _past(self, name: str, org: str, seconds: float, about: Mapping[str, _Value]) -> None:
        """A span that ends now and began so many seconds ago, in that of its organization."""
        end = time.time_ns()
        inside = self._inside(self._org(org))
        span = self._tracer.start_span(RING.text_without(name), inside, start_time=end - int(seconds * 1e9))
        self._set(span, about)
        span.end(end)

    def _root(self) -> Span:
        if self._run is None:
            self._run = self._tracer.start_span("run")
        return self._run

    def _org(self, alias: str) -> Span:
        if alias not in self._orgs:
            self._orgs[alias] = self._tracer.start_span("organization", self._inside(self._root()))
            self._set(self._orgs[alias], {"sigma.org": self._called(alias)})
        return self._orgs[alias]

    def _set(self, span: Span, about: Mapping[str, _Value]) -> None:
        for key, value in about.items():
            span.set_attribute(key, RING.text_without(value) if isinstance(value, str) else value)

    def _called(self, alias: str) -> str:
        return alias if self._names else hashlib.sha256(alias.encode()).hexdigest()[:12]

    def _named(self, name: str, what: str) -> dict[str, _Value]:
        return {f"sigma.{what}": name} if self._names else {}


def _wrong(message: str, fix: str) -> InvalidInput:
    return InvalidInput([Problem(code="telemetry_unusable", message=message, fix=fix)])
