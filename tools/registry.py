"""Which tools there are: our own and those of installed packages (entry-point group ``clinigraph.tools``)."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from clinigraph.errors import UsageError
from clinigraph.models.tooling import ToolSpec
from clinigraph.settings import Settings
from clinigraph.tools.contract import Tool
from clinigraph.tools.reading.contract import ImageReader

ENTRY_POINT_GROUP = "clinigraph.tools"
SHIPPED_BUNDLES = ("mri_hippocampus",)
"""Bundles of the package that become tools as any MONAI bundle does; the others have tools of their own."""


class ToolRegistry:
    """Tools by name, in the order in which they were given.

    Args:
        tools: Names must differ.
        broken: Name of a plugin that could not be loaded -> why.

    Raises:
        ValueError: Two tools have the same name.
    """

    def __init__(self, tools: Iterable[Tool], broken: dict[str, str] | None = None) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            if tool.spec.name in self._tools:
                raise ValueError(f"two tools are called {tool.spec.name!r}")
            self._tools[tool.spec.name] = tool
        self._broken = dict(broken or {})

    def names(self) -> tuple[str, ...]:
        """Return the names of the tools that could be loaded, whether or not they can work here."""
        return tuple(self._tools)

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def get(self, name: str) -> Tool:
        """Return a tool.

        Raises:
            UsageError: There is no such tool.
        """
        if name in self._tools:
            return self._tools[name]
        todo = self._broken.get(name) or f"Known tools: {', '.join(self._tools)}."
        raise UsageError("There is no such tool", given=name, todo=todo)

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return what agents know of each tool."""
        return tuple(tool.spec for tool in self._tools.values())

    def available(self) -> tuple[str, ...]:
        """Return the names of the tools that can work here and now."""
        return tuple(name for name, tool in self._tools.items() if not tool.unavailable())

    def unavailable(self) -> dict[str, str]:
        """Return name -> reason of the tools that cannot work here, broken plugins included."""
        reasons = {name: tool.unavailable() for name, tool in self._tools.items()}
        return {name: reason for name, reason in reasons.items() if reason} | self._broken


def default_registry(settings: Settings, reader: ImageReader | None = None) -> ToolRegistry:
    """Return the tools of this project and of installed plugins; loads no weights.

    Args:
        settings: Device and checkpoints.
        reader: Model that reads images; without one `read_image` is listed as unavailable.
    """
    own = _own_tools(settings, reader)
    bundles, refused = _bundles(settings, {tool.spec.name for tool in own})
    plugins, broken = _plugins({tool.spec.name for tool in (*own, *bundles)})
    return ToolRegistry([*own, *bundles, *plugins], refused | broken)


def _own_tools(settings: Settings, reader: ImageReader | None) -> list[Tool]:
    from clinigraph.tools.calculators.tool import calculator_tools
    from clinigraph.tools.measurement.change_tool import ChangeMeasures
    from clinigraph.tools.measurement.chest_tool import CardiothoracicMeasures
    from clinigraph.tools.measurement.cup_disc_tool import CupDiscMeasures
    from clinigraph.tools.measurement.head_tool import FetalHeadMeasures
    from clinigraph.tools.measurement.intensity_tool import IntensityMeasures
    from clinigraph.tools.measurement.lesion_tool import LesionMeasures
    from clinigraph.tools.measurement.nodule_tool import NoduleSize
    from clinigraph.tools.measurement.skin_tool import SkinMeasures
    from clinigraph.tools.measurement.ventricle_tool import VentricleMeasures
    from clinigraph.tools.measurement.volume_tool import VolumeMeasures
    from clinigraph.tools.phenotype.differential_tool import PhenotypeDifferential
    from clinigraph.tools.reading.image_tool import ReadImage
    from clinigraph.tools.record.answer_tool import RecordAnswer
    from clinigraph.tools.record.fact_tool import RecordFact
    from clinigraph.tools.segmentation.chest_network import ChestLungsHeart
    from clinigraph.tools.segmentation.cine_network import CineMrHeart
    from clinigraph.tools.segmentation.fundus_medsam import FundusDiscCupMedSam
    from clinigraph.tools.segmentation.fundus_network import FundusDiscCup
    from clinigraph.tools.segmentation.head_network import FetalHead
    from clinigraph.tools.segmentation.medsam import MedSamLite
    from clinigraph.tools.segmentation.medsam_tool import MedSamLiteSegmenter
    from clinigraph.tools.segmentation.sam import SamSegmenter
    from clinigraph.tools.segmentation.skin_lesion import SkinLesionOutline
    from clinigraph.tools.signals.ecg_tool import EcgMeasures

    engine = MedSamLite(settings.device)
    return [
        FundusDiscCup(),
        FundusDiscCupMedSam(engine),
        CupDiscMeasures(),
        ChestLungsHeart(),
        CardiothoracicMeasures(),
        CineMrHeart(),
        VentricleMeasures(),
        FetalHead(),
        FetalHeadMeasures(),
        MedSamLiteSegmenter(engine),
        SamSegmenter(settings),
        SkinLesionOutline(engine),
        LesionMeasures(),
        SkinMeasures(),
        VolumeMeasures(),
        IntensityMeasures(),
        ChangeMeasures(),
        NoduleSize(),
        ReadImage(reader),
        RecordFact(),
        RecordAnswer(),
        EcgMeasures(),
        PhenotypeDifferential(),
        *calculator_tools(),
    ]


def _bundles(settings: Settings, taken: set[str]) -> tuple[list[Tool], dict[str, str]]:
    """Return shipped MONAI bundles and those of the settings as tools, and the reason for each that cannot be read."""
    from clinigraph.errors import ToolFailure
    from clinigraph.tools.segmentation.bundle_card import BUNDLES
    from clinigraph.tools.segmentation.monai_bundle import MonaiBundleSegmenter

    tools: list[Tool] = []
    broken: dict[str, str] = {}
    shipped = tuple(BUNDLES / name for name in SHIPPED_BUNDLES)
    for folder in (*shipped, *settings.monai_bundles):
        trusted = settings.trust_bundle_code and folder not in shipped
        tool = MonaiBundleSegmenter(folder, trusted=trusted, device=settings.device)
        try:
            name = tool.spec.name
        except (ToolFailure, ValueError) as error:
            broken[folder.name] = str(error)
            continue
        if name in taken:
            broken[folder.name] = f"the bundle uses the name {name}, which is taken"
            continue
        taken.add(name)
        tools.append(tool)
    return tools, broken


def _plugins(taken: set[str]) -> tuple[list[Tool], dict[str, str]]:
    """Return the tools of other packages, and the reason for each that cannot be used."""
    tools: list[Tool] = []
    broken: dict[str, str] = {}
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: (p.name, p.value)):
        tool, reason = _load_plugin(point, taken)
        if tool is None:
            broken[point.name] = reason
        else:
            taken.add(tool.spec.name)
            tools.append(tool)
    return tools, broken


def _load_plugin(point: EntryPoint, taken: set[str]) -> tuple[Tool | None, str]:
    """Return the plugin's tool, or None with the reason; whatever the plugin raises stays here."""
    try:
        made = point.load()()
    except Exception as error:
        return None, f"the plugin {point.value} could not be loaded ({type(error).__name__}: {error})"
    if not isinstance(made, Tool):
        return None, f"the plugin {point.value} is not a clinigraph tool: it lacks spec, unavailable, warm_up or run"
    if made.spec.name in taken:
        return None, f"the plugin {point.value} uses the name {made.spec.name}, which is taken"
    return made, ""
