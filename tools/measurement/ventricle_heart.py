"""A heart in two frames: every number that its masks give, with its error."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from clinigraph.models.imaging import Calibration, Image, LabelMap
from clinigraph.tools.measurement import cardiac, cardiac_wall
from clinigraph.tools.measurement.cardiac_wall import Ventricle3d
from clinigraph.tools.measurement.masks import Mask
from clinigraph.tools.measurement.uncertainty import Spread, combine
from clinigraph.tools.measurement.ventricle_values import AREA_INDEXED, Draft


@dataclass(frozen=True, slots=True)
class Frame:
    """One moment: masks, and what is known of their error."""

    image: Image
    label_map: LabelMap
    masks: Mapping[str, Mask]

    @classmethod
    def of(cls, masks: Mapping[str, Mask], image: Image, label_map: LabelMap) -> Frame:
        """Return the frame of checked masks."""
        return cls(image, label_map, masks)

    def voxels(self, label: str) -> float:
        """Voxels of a structure."""
        return float(self.masks[label].sum())

    def passes(self, label: str) -> tuple[float, ...]:
        """Voxels of a structure in each augmented pass."""
        return self.label_map.samples.get(f"{label}_voxels", ())

    def halfwidth(self, label: str) -> float:
        """Error of the voxels when each slice's outline is half a pixel off."""
        return cardiac_wall.slice_halfwidth(self.masks[label])

    @property
    def ventricle(self) -> Ventricle3d:
        """Left ventricle."""
        return Ventricle3d(self.masks["lv_cavity"], self.masks["myocardium"])


@dataclass(frozen=True, slots=True)
class Chamber:
    """Voxels of one cavity in both frames."""

    label: str
    diastole: Frame
    systole: Frame

    @property
    def full(self) -> float:
        """End-diastolic voxels."""
        return self.diastole.voxels(self.label)

    @property
    def stroke(self) -> float:
        """Voxels of difference."""
        return self.full - self.systole.voxels(self.label)

    def ejection(self, calibration: Calibration | None) -> tuple[float, Spread]:
        """Ejection fraction in per cent with its error; voxels of one grid need no spacing."""
        ventricle = cardiac.Ventricle(self.full, self.systole.voxels(self.label))
        pixel = cardiac.ejection_fraction_halfwidth(
            ventricle, self.diastole.halfwidth(self.label), self.systole.halfwidth(self.label)
        )
        pairs = zip(self.diastole.passes(self.label), self.systole.passes(self.label), strict=False)
        samples = tuple(100 * (1 - small / large) for large, small in pairs if large > 0)
        return ventricle.ejection_fraction, combine(pixel, samples, calibration)


@dataclass(frozen=True, slots=True)
class Heart:
    """Both frames and the body surface, on their way to measurements."""

    diastole: Frame
    systole: Frame
    surface_m2: float | None

    @property
    def left(self) -> Chamber:
        """Left ventricular cavity."""
        return Chamber("lv_cavity", self.diastole, self.systole)

    @property
    def right(self) -> Chamber:
        """Right ventricular cavity."""
        return Chamber("rv_cavity", self.diastole, self.systole)

    @property
    def has_right(self) -> bool:
        """Whether the right ventricle was found at end-diastole and does not grow in systole."""
        return self.right.full > 0 and self.right.stroke >= 0

    @property
    def voxel_ml(self) -> float | None:
        """Volume of a voxel, or None without spacing."""
        spacing = self.diastole.image.geometry.spacing_mm
        return math.prod(spacing) / 1000 if spacing is not None else None

    def calibration(self, name: str) -> Calibration | None:
        """Error on held-out patients, of the masks' maker."""
        return self.diastole.label_map.calibration.get(name)

    def drafts(self) -> dict[str, Draft]:
        """Every number that can be measured here, by output name."""
        drafts = {**self._ratios(), **self._volumes(), **self._thickness()}
        return drafts | self._indexed(drafts)

    def _ratios(self) -> dict[str, Draft]:
        """What needs no spacing."""
        drafts = {}
        for name, chamber in self._chambers().items():
            value, spread = chamber.ejection(self.calibration(f"{name}_ventricular_ejection_fraction"))
            method = "stroke over end-diastolic volume, voxels counted in both frames of one grid"
            drafts[f"{name}_ventricular_ejection_fraction"] = Draft(
                value, spread, method, low=min(0.0, value), high=100.0
            )
        muscle = self.diastole.voxels("myocardium")
        drafts["muscle_over_cavity"] = self._ratio(muscle, "myocardium", "muscle_over_cavity")
        if self.has_right:
            drafts["right_over_left"] = self._ratio(self.right.full, "rv_cavity", "right_over_left")
        spread_of_motion = cardiac_wall.motion_spread(self.diastole.ventricle, self.systole.ventricle)
        if spread_of_motion is not None:
            method = "standard deviation of inward endocardial motion over 6 segments of each middle slice"
            known = self.calibration("wall_motion_spread")
            error = combine(0.0, calibration=known) if known else None
            drafts["wall_motion_spread"] = Draft(spread_of_motion, error, method)
        return drafts

    def _chambers(self) -> dict[str, Chamber]:
        return {"left": self.left, "right": self.right} if self.has_right else {"left": self.left}

    def _ratio(self, above: float, label: str, name: str) -> Draft:
        below = self.left.full
        relative = math.hypot(
            self.diastole.halfwidth(label) / max(above, 1.0), self.diastole.halfwidth("lv_cavity") / below
        )
        pairs = zip(self.diastole.passes(label), self.diastole.passes("lv_cavity"), strict=False)
        samples = tuple(a / b for a, b in pairs if b > 0)
        spread = combine(relative * above / below, samples, self.calibration(name))
        return Draft(above / below, spread, f"end-diastolic {label.replace('_', ' ')} over LV cavity, voxels counted")

    def _volumes(self) -> dict[str, Draft]:
        """Millilitres and grams, where there is a spacing."""
        unit = self.voxel_ml
        if unit is None:
            return {}
        drafts = {}
        for side, chamber in self._chambers().items():
            for moment, frame in (("diastolic", self.diastole), ("systolic", self.systole)):
                name = f"{side}_end_{moment}_volume"
                drafts[name] = self._volume(frame, chamber.label, unit, name)
            full, empty = drafts[f"{side}_end_diastolic_volume"], drafts[f"{side}_end_systolic_volume"]
            drafts[f"{side}_stroke_volume"] = _difference(full, empty, "end-diastolic minus end-systolic volume")
        muscle = self._volume(self.diastole, "myocardium", unit, "myocardial_mass")
        density = cardiac.MYOCARDIAL_DENSITY_G_ML
        drafts["myocardial_mass"] = Draft(
            cardiac.myocardial_mass_g(muscle.value),
            _scaled(muscle.spread, density),
            f"end-diastolic muscle volume times {density} g/mL (SCMR 2020)",
        )
        return drafts

    def _volume(self, frame: Frame, label: str, unit_ml: float, name: str) -> Draft:
        voxels = frame.voxels(label)
        known = self.calibration(f"{name}_share")
        own = known.replace(halfwidth=max(known.halfwidth * voxels * unit_ml, 1e-6)) if known else None
        samples = tuple(unit_ml * value for value in frame.passes(label))
        spread = combine(unit_ml * frame.halfwidth(label), samples, own)
        return Draft(voxels * unit_ml, spread, "slice areas times slice distance, summed (disc summation)")

    def _thickness(self) -> dict[str, Draft]:
        spacing = self.diastole.image.geometry.spacing_mm
        if spacing is None:
            return {}
        value = cardiac_wall.greatest_thickness(self.diastole.ventricle, (spacing[1], spacing[2]))
        if value is None:
            return {}
        pixel = math.sqrt(2) * 0.5 * max(spacing[1:])
        known = self.calibration("lv_wall_thickness_share")
        own = known.replace(halfwidth=known.halfwidth * value) if known and value > 0 else None
        method = "greatest mean wall thickness of a segment of 60 degrees, end-diastole, slices of the body"
        return {"lv_wall_thickness": Draft(value, combine(pixel, (), own), method)}

    def _indexed(self, drafts: Mapping[str, Draft]) -> dict[str, Draft]:
        """Values over body surface, for those of `AREA_INDEXED` whose value is there."""
        surface = self.surface_m2
        if surface is None:
            return {}
        found = {}
        for name, source in AREA_INDEXED.items():
            if source in drafts:
                draft = drafts[source]
                method = f"{draft.method}; over body surface {surface:.2f} m2 (Mosteller 1987)"
                found[name] = Draft(cardiac.indexed(draft.value, surface), _scaled(draft.spread, 1 / surface), method)
        return found


def _scaled(spread: Spread | None, factor: float) -> Spread | None:
    return Spread(spread.halfwidth * factor, spread.level, spread.method) if spread else None


def _difference(full: Draft, empty: Draft, method: str) -> Draft:
    """Difference of two numbers whose errors are taken as independent."""
    if full.spread is None or empty.spread is None:
        return Draft(full.value - empty.value, None, method)
    halfwidth = math.hypot(full.spread.halfwidth, empty.spread.halfwidth)
    return Draft(full.value - empty.value, Spread(halfwidth, full.spread.level, full.spread.method), method)
