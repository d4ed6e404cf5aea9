"""Interactive figures: widgets in a live notebook, and figures that compute in the static page.

All computing and drawing is JavaScript (``explorers/`` at the top of the repository, bundled into
``static/`` here), so neither needs a kernel. In a live notebook every explorer is an ipywidget
whose traits follow the reader.
"""

from typing import TYPE_CHECKING

from neurode_lib._lazy import lazy_names

if TYPE_CHECKING:
    from neurode_lib.explorers.backward import BackwardExplorer
    from neurode_lib.explorers.draw import DrawCurrentExplorer
    from neurode_lib.explorers.hidden import HiddenExplorer
    from neurode_lib.explorers.live import LiveTrainingExplorer
    from neurode_lib.explorers.method import MethodExplorer
    from neurode_lib.explorers.model import ModelExplorer
    from neurode_lib.explorers.phase_plane import PhasePlaneExplorer
    from neurode_lib.explorers.recording import RecordingExplorer
    from neurode_lib.explorers.training import TrainingExplorer

__all__ = [
    "BackwardExplorer",
    "DrawCurrentExplorer",
    "HiddenExplorer",
    "LiveTrainingExplorer",
    "MethodExplorer",
    "ModelExplorer",
    "PhasePlaneExplorer",
    "RecordingExplorer",
    "TrainingExplorer",
]

# Lazily: the build of the site writes the networks' scripts (packages.py) without torch.
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "BackwardExplorer": "backward",
        "DrawCurrentExplorer": "draw",
        "HiddenExplorer": "hidden",
        "LiveTrainingExplorer": "live",
        "MethodExplorer": "method",
        "ModelExplorer": "model",
        "PhasePlaneExplorer": "phase_plane",
        "RecordingExplorer": "recording",
        "TrainingExplorer": "training",
    },
)
