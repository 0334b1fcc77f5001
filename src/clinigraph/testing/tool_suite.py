# ruff: noqa: S101 - a conformance suite asserts
"""The conformance suite of `clinigraph.tools.contract.Tool`: subclass it and let pytest collect it.

Example:
    >>> from clinigraph.testing.tool_suite import ToolSuite
    >>> class TestMyTool(ToolSuite):                     # doctest: +SKIP
    ...     def make_tool(self): return MyTool()
    ...     def example(self, store): return ToolCall(step_id="s", tool="my_tool", inputs={...})
    ...     def empty_example(self, store): return ToolCall(...)   # the structure is not on this image

It needs no pytest import, no network and no data of ours. A call that runs is made as few times as possible, so heavy
tools can be checked too.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import RunCancelled, ToolFailure
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import LabelMap
from clinigraph.models.tooling import (
    EvaluationValue,
    FlowValue,
    ImageValue,
    LabelMapValue,
    MeasurementValue,
    Port,
    ToolCall,
    ToolResult,
    ToolStatus,
    ValueKind,
)
from clinigraph.testing.tool_changes import (
    METRIC,
    broken,
    deep,
    on_other_grid,
    pixels_in,
    with_modality,
    with_pixels,
    without_spacing,
)
from clinigraph.tools.contract import Tool, ToolContext

_OPEN = ("open",)
_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request")
_QUICK_S = 2.0
"""A cancelled call either stops with RunCancelled or is over within this time."""


@dataclass
class _Watch:
    """Events of the interpreter that one thread caused while watched."""

    kinds: tuple[str, ...] = ()
    seen: list[str] = field(default_factory=list)


_watching = threading.local()
_hook_lock = threading.Lock()
_hook_set = False


def _hook(event: str, args: tuple[object, ...]) -> None:
    watch: _Watch | None = getattr(_watching, "watch", None)
    if watch is not None and event in watch.kinds:
        watch.seen.append(f"{event} {args[0] if args else ''}")


@contextmanager
def watched(*kinds: str) -> Iterator[list[str]]:
    """Yield the list of audit events of these kinds that this thread causes inside the block."""
    global _hook_set  # noqa: PLW0603 - an audit hook can be set but never taken away
    with _hook_lock:
        if not _hook_set:
            sys.addaudithook(_hook)
            _hook_set = True
    watch = _Watch(kinds)
    _watching.watch = watch
    try:
        yield watch.seen
    finally:
        _watching.watch = None


class _Bench:
    """One warm tool with its store and the result of its example, made once per suite."""

    def __init__(self, suite: ToolSuite) -> None:
        folder = tempfile.mkdtemp(prefix="clinigraph-suite-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.store = ArtifactStore(folder)
        self.context = ToolContext(artifacts=self.store)
        self.tool = suite.make_tool()
        self.call = suite.example(self.store)
        with watched(*_NETWORK) as self.network_events:
            self.tool.warm_up()
            self.result = self.tool.run(self.call, self.context)

    def run_on(self, inputs: Mapping[str, FlowValue]) -> ToolResult | None:
        """Return the result of the example on other inputs, None when the tool refuses them."""
        try:
            return self.tool.run(self.call.replace(inputs=dict(inputs)), self.context)
        except ToolFailure:
            return None

    @property
    def outlines(self) -> bool:
        """Whether the tool gives masks of an image."""
        kinds = {port.kind for port in self.tool.spec.outputs.values()}
        return ValueKind.LABEL_MAP in kinds and any(isinstance(v, ImageValue) for v in self.call.inputs.values())


class ToolSuite:
    """Checks every invariant of the contract on one implementation."""

    def make_tool(self) -> Tool:
        """Return a new instance, not warmed up."""
        raise NotImplementedError

    def example(self, store: ArtifactStore) -> ToolCall:
        """Return a call that succeeds, its pixels put into the store."""
        raise NotImplementedError

    def empty_example(self, store: ArtifactStore) -> ToolCall | None:
        """Return a call on an image without the structure; None when there is no such thing for the tool."""
        return None

    @classmethod
    def _bench(cls) -> _Bench:
        made: _Bench | None = cls.__dict__.get("_made")
        if made is None:
            made = _Bench(cls())
            cls._made = made  # type: ignore[attr-defined]
        return made

    def test_is_a_tool(self) -> None:
        """The object has all parts of the protocol."""
        assert isinstance(self.make_tool(), Tool)

    def test_constructor_opens_no_file(self) -> None:
        """Building a registry must not load weights."""
        self.make_tool()
        with watched(*_OPEN, *_NETWORK) as events:
            self.make_tool()
        assert events == []

    def test_spec_is_constant_and_named_once(self) -> None:
        """Agents may read the spec at any time and get the same one."""
        tool = self.make_tool()
        assert tool.spec == tool.spec == self._bench().tool.spec

    def test_second_warm_up_does_nothing(self) -> None:
        """Only the first call loads, also when threads race."""
        tool = self._bench().tool
        with watched(*_OPEN, *_NETWORK) as events:
            tool.warm_up()
        assert events == []
        threads = [threading.Thread(target=tool.warm_up) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert not any(thread.is_alive() for thread in threads)

    def test_example_succeeds(self) -> None:
        """The example works, and neither it nor loading needs the network."""
        bench = self._bench()
        assert bench.tool.unavailable() == ""
        assert bench.result.status is ToolStatus.OK, bench.result.reason
        assert bench.network_events == []

    def test_is_idempotent(self) -> None:
        """The same call gives an equal result, artifact ids included, and leaves the call as it was."""
        bench = self._bench()
        before = bench.call.digest()
        assert bench.tool.run(bench.call, bench.context) == bench.result
        assert bench.call.digest() == before

    def test_result_names_its_call(self) -> None:
        """Step, tool and version are those of call and spec."""
        bench = self._bench()
        spec, result = bench.tool.spec, bench.result
        assert (result.step_id, result.tool, result.tool_version) == (bench.call.step_id, spec.name, spec.version)

    def test_outputs_fit_the_spec(self) -> None:
        """Names, kinds, units and labels are the promised ones; what is required is there."""
        bench = self._bench()
        _check_outputs(bench.tool.spec.outputs, bench.result)

    def test_masks_keep_the_grid(self) -> None:
        """Label maps lie on the image's own grid and count their pixels right."""
        bench = self._bench()
        images = [v.value for v in bench.call.inputs.values() if isinstance(v, ImageValue)]
        for output in bench.result.outputs.values():
            if isinstance(output, LabelMapValue):
                _check_grid(output.value, bench.store)
                assert output.value.geometry in [i.geometry for i in images]
                assert output.value.image_id in [i.id for i in images]

    def test_pixels_off_their_grid_are_refused(self) -> None:
        """An image whose pixels do not fit its geometry gives no answer."""
        bench = self._bench()
        changed = {n: on_other_grid(v) if isinstance(v, ImageValue) else v for n, v in bench.call.inputs.items()}
        if changed != bench.call.inputs:
            assert bench.run_on(changed) is None, "pixels that do not fit the stated grid were read"

    def test_masks_off_the_image_are_refused(self) -> None:
        """Masks on another grid than the image's give no number."""
        bench = self._bench()
        changed = {n: on_other_grid(v) if isinstance(v, LabelMapValue) else v for n, v in bench.call.inputs.items()}
        if changed != bench.call.inputs:
            assert bench.run_on(changed) is None, "masks on another grid were measured"

    def test_pixels_that_are_no_numbers_are_refused(self) -> None:
        """NaN in an image gives no outline."""
        bench = self._bench()
        if bench.outlines:
            assert bench.run_on(with_pixels(bench.call.inputs, bench.store, broken)) is None, (
                "an image with NaN was outlined"
            )

    def test_deep_pixels_are_read_or_refused(self) -> None:
        """A 16-bit image is outlined on its own grid, or refused in words."""
        bench = self._bench()
        result = bench.run_on(with_pixels(bench.call.inputs, bench.store, deep)) if bench.outlines else None
        for output in result.outputs.values() if result is not None else ():
            if isinstance(output, LabelMapValue):
                _check_grid(output.value, bench.store)

    def test_no_spacing_means_no_millimetres(self) -> None:
        """Without a pixel spacing no length, area or volume in metric units comes out."""
        bench = self._bench()
        result = bench.run_on({n: without_spacing(v) for n, v in bench.call.inputs.items()})
        for name, output in result.outputs.items() if result is not None else ():
            if isinstance(output, MeasurementValue) and any(pixels_in(v) for v in bench.call.inputs.values()):
                assert output.value.unit not in METRIC, f"{name} is in {output.value.unit} without a spacing"

    def test_missing_structure_is_said(self) -> None:
        """Nothing to find is an EMPTY result with a reason and empty masks, not an exception."""
        bench = self._bench()
        call = self.empty_example(bench.store)
        if call is None:
            return
        result = bench.tool.run(call, bench.context)
        assert result.status is ToolStatus.EMPTY
        assert len(result.reason.split()) > 2, "a reason is a phrase that a clinician understands"
        for output in result.outputs.values():
            if isinstance(output, LabelMapValue):
                _check_grid(output.value, bench.store)
                assert all(s.pixel_count == 0 and s.reason for s in output.value.segments)
        assert set(result.missing) <= set(bench.tool.spec.outputs)

    def test_wrong_modality_is_refused(self) -> None:
        """An image that is known to be of another kind gives ToolFailure, not a number."""
        bench = self._bench()
        accepted = bench.tool.spec.modalities
        others = [m for m in Modality if m not in accepted and m is not Modality.UNKNOWN]
        changed = {n: with_modality(v, others[0]) for n, v in bench.call.inputs.items()} if others else {}
        if not accepted or changed == bench.call.inputs or not changed:
            return
        refused = False
        try:
            bench.tool.run(bench.call.replace(inputs=changed), bench.context)
        except ToolFailure as failure:
            refused = bool(failure.what)
        assert refused, "an image of the wrong kind was accepted"

    def test_cancelled_run_stops(self) -> None:
        """After a stop signal the tool ends at once, or was about to end anyway."""
        bench = self._bench()
        context = ToolContext(artifacts=bench.store)
        context.cancelled.set()
        started = time.monotonic()
        try:
            bench.tool.run(bench.call, context)
        except RunCancelled:
            return
        assert time.monotonic() - started < _QUICK_S


def _check_outputs(ports: Mapping[str, Port], result: ToolResult) -> None:
    assert set(result.outputs) <= set(ports), "an output that the spec does not name"
    assert set(result.missing) <= set(ports), "a missing output that the spec does not name"
    assert not set(result.outputs) & set(result.missing), "an output is there or missing, not both"
    for name, port in ports.items():
        if name not in result.outputs:
            assert not port.required, f"the required output {name} is not there"
            assert result.missing.get(name), f"no reason is given for the missing output {name}"
            continue
        output = result.outputs[name]
        assert output.kind == port.kind.value
        if isinstance(output, MeasurementValue):
            assert port.unit is None or output.value.unit == port.unit
            assert output.value.method
            assert output.value.algorithm
        if isinstance(output, EvaluationValue):
            assert output.value.algorithm
        if isinstance(output, LabelMapValue) and port.labels:
            assert tuple(s.label for s in output.value.segments) == port.labels


def _check_grid(label_map: LabelMap, store: ArtifactStore) -> None:
    stack = store.get(label_map.artifact_id)
    assert stack.dtype == np.bool_
    assert stack.shape == (len(label_map.segments), *label_map.geometry.shape)
    counts = [int(plane.sum()) for plane in stack]
    assert counts == [s.pixel_count for s in label_map.segments]
    assert all(s.reason for s in label_map.segments if s.pixel_count == 0)
