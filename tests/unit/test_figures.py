"""Figures show what they are given: every seed, the right directions, nothing dropped."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from neurode_lib.chapters.figures import (
    median_and_band,
    new_figure,
    phase_axes,
    quiver_field,
    spread_by_seed,
    use_style,
)
from neurode_lib.fitzhugh_nagumo import fhn_rhs
from neurode_lib.metrics import field_on_grid
from neurode_lib.phase_plane import equilibria

mpl.use("Agg")


@pytest.fixture
def ax():
    figure, axes = new_figure()
    yield axes[0]
    plt.close(figure)


def test_every_seed_is_a_dot_and_the_median_a_bar(ax):
    spread_by_seed(ax, {"a": [1.0, 2.0, 9.0], "b": [3.0, 4.0]})
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [sorted(line.get_xdata()) for line in dots] == [[1.0, 2.0, 9.0], [3.0, 4.0]]
    bars = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "None"]
    assert bars == [2.0, 3.5]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b"]


def test_diverged_seeds_are_counted_in_words(ax):
    spread_by_seed(ax, {"a": [1.0, np.inf, np.nan]})
    assert [text.get_text() for text in ax.texts] == ["2 of 3 not finite"]


def test_the_phase_plane_marks_stable_and_unstable_equilibria_apart(ax):
    for current, filled in ((0.2, True), (0.5, False)):
        phase_axes(ax, current)
        point = ax.lines[-1]
        assert (point.get_xdata()[0], point.get_ydata()[0]) == pytest.approx(
            (equilibria(current)[0].v, equilibria(current)[0].w)
        )
        assert (point.get_markerfacecolor() != "white") is filled
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_arrows_keep_the_direction_of_the_field(ax):
    points, field = field_on_grid(fhn_rhs, 0.5, n=5)
    quiver_field(ax, points, field)
    arrows = ax.collections[0]
    extent = np.ptp(points.reshape(-1, 2), axis=0)
    slopes = np.arctan2(field[..., 1] / extent[1], field[..., 0] / extent[0]).ravel()
    np.testing.assert_allclose(np.arctan2(arrows.V, arrows.U), slopes, atol=1e-12)
    np.testing.assert_allclose(np.hypot(arrows.U, arrows.V), 1.0)


def test_arrows_are_coloured_by_the_angle_to_the_reference(ax):
    points, field = field_on_grid(fhn_rhs, 0.5, n=5)
    quiver_field(ax, points, -field, reference=field)
    np.testing.assert_allclose(ax.collections[0].get_array(), -1.0)


def test_the_band_holds_all_seeds(ax):
    curves = np.array([[1.0, 2.0], [3.0, 5.0], [2.0, 9.0]])
    median_and_band(ax, [0.0, 1.0], curves, color="k", label="x")
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [2.0, 5.0])
    band = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == 1.0
    assert band[:, 1].max() == 9.0


def test_the_style_is_set_and_repeatable():
    use_style()
    first = dict(mpl.rcParams)
    mpl.rcParams["lines.linewidth"] = 9.0
    use_style()
    assert dict(mpl.rcParams) == first


def test_figures_are_written_in_the_book_s_letters(caplog: pytest.LogCaptureFixture) -> None:
    use_style()
    figure, (ax,) = new_figure()
    ax.set(xlabel="τ and 10⁻⁸", title=r"$\dot v = v - w + I$, $\tau$, $10^{-8}$")
    with caplog.at_level("WARNING"):
        figure.canvas.draw()
    # A letter or a font that is not found is told on standard error, which a chapter may not have.
    assert not caplog.records
    assert ax.xaxis.label.get_fontproperties().get_family()[0] == "Source Serif 4"
    assert "SourceSerif4-Regular" in mpl.font_manager.findfont("Source Serif 4")
