"""Interactive figures: widgets in a live notebook, and figures that compute in the static page.

All computing and drawing is JavaScript (``explorers/`` at the top of the repository, bundled into
``static/`` here), so neither needs a kernel. In a live notebook every explorer is an ipywidget
whose traits follow the reader.
"""

from neurode_lib.explorers.live import LiveTrainingExplorer
from neurode_lib.explorers.model import ModelExplorer
from neurode_lib.explorers.phase_plane import PhasePlaneExplorer
from neurode_lib.explorers.training import TrainingExplorer

__all__ = ["LiveTrainingExplorer", "ModelExplorer", "PhasePlaneExplorer", "TrainingExplorer"]
