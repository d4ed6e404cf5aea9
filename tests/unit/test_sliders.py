"""Sliders that redraw a figure, and the still picture they leave behind."""

import asyncio
import base64

import ipywidgets
import matplotlib.pyplot as plt
import pytest

from neurode_lib.chapters.sliders import PAUSE, Sliders

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def drawn():
    """Values that the figure was drawn for, in order."""
    return []


@pytest.fixture
def sliders(drawn):
    def draw(I, dt):
        drawn.append((I, dt))
        figure, ax = plt.subplots(figsize=(1, 1))
        ax.plot([0, I], [0, dt])
        return figure

    return Sliders(
        draw,
        I=ipywidgets.FloatSlider(0.5, min=0, max=1),
        dt=ipywidgets.FloatSlider(0.25, min=0, max=1, description="step dt"),
    )


def test_moving_a_slider_draws_the_figure_for_its_value(sliders, drawn):
    before = sliders.picture.value
    sliders.controls["I"].value = 0.75
    assert drawn == [(0.5, 0.25), (0.75, 0.25)]
    assert sliders.picture.value != before


def test_of_the_values_that_come_faster_than_pictures_only_the_last_is_drawn(sliders, drawn):
    """As in a kernel, which takes one message after the other from its queue."""

    async def drag():
        for step in range(40):
            sliders.controls["I"].value = step / 40
            await asyncio.sleep(0)
        await asyncio.sleep(2 * PAUSE)

    asyncio.run(drag())
    assert drawn == [(0.5, 0.25), (39 / 40, 0.25)]


def test_a_long_drag_is_followed(sliders, drawn):
    async def drag():
        for step in range(10):
            sliders.controls["I"].value = step / 10
            await asyncio.sleep(PAUSE / 2)

    asyncio.run(drag())
    assert len(drawn) >= 4


def test_a_slider_is_named_after_its_argument_unless_it_has_a_name(sliders):
    assert [c.description for c in sliders.controls.values()] == ["I", "step dt"]


def test_the_picture_stands_in_where_no_kernel_runs(sliders):
    bundle = sliders._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]).startswith(PNG)
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == sliders.model_id
    assert bundle["text/plain"] == "Sliders(I=0.5, dt=0.25)"


def test_no_figure_stays_open_to_be_shown_twice(sliders):
    sliders.controls["I"].value = 0.75
    assert plt.get_fignums() == []


def test_no_output_widget_takes_part(sliders):
    """It makes nbclient wait for ever now and then."""
    kinds = {type(widget) for widget in sliders.children}
    assert kinds == {ipywidgets.FloatSlider, ipywidgets.Image}


def test_a_drawing_function_must_return_its_figure():
    with pytest.raises(TypeError, match="draw must return a matplotlib Figure, got NoneType"):
        Sliders(lambda **_: None, I=ipywidgets.FloatSlider(0.5))
