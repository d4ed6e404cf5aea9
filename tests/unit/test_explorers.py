"""The explorers' Python side: traits, the static form, and the size of what readers load."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
from traitlets import TraitError

from neurode_lib.explorers import (
    BackwardExplorer,
    DrawCurrentExplorer,
    HiddenExplorer,
    LiveTrainingExplorer,
    MethodExplorer,
    ModelExplorer,
    PhasePlaneExplorer,
    RecordingExplorer,
    TrainingExplorer,
    packages,
)
from neurode_lib.explorers._spec import SPEC
from neurode_lib.explorers.packages import (
    ASKED_FOR,
    FITS,
    KEYS,
    STUDY_VARIANTS,
    package,
    write_scripts,
)
from neurode_lib.methods import Problem, load_methods
from neurode_lib.models import network_of
from neurode_lib.phase_plane import equilibria
from neurode_lib.study.driven import load_driven_model
from neurode_lib.study.pretrained import load_pretrained, load_snapshot
from neurode_lib.study.variants import SEEDS, SNAPSHOT_UPDATES, SNAPSHOT_VARIANTS
from neurode_lib.study.voltage_only import load_voltage_model, seeds_of

STATIC = Path(packages.__file__).parent / "static"


@pytest.mark.parametrize(
    ("trait", "value"),
    [("I", 7.0), ("I", float("nan")), ("dt", 0.0), ("integrator", "heun"), ("v0", "far")],
)
def test_traits_refuse_what_the_figure_cannot_show(trait: str, value: object) -> None:
    with pytest.raises(TraitError, match=trait):
        PhasePlaneExplorer(**{trait: value})
    explorer = PhasePlaneExplorer()
    before = explorer.state()
    with pytest.raises(TraitError, match=trait):
        setattr(explorer, trait, value)
    assert explorer.state() == before


def test_unknown_names_are_refused() -> None:
    with pytest.raises(TypeError, match=r"PhasePlaneExplorer has no current; it has I, dt"):
        PhasePlaneExplorer(current=0.5)
    with pytest.raises(TraitError, match=r"presets must be among excitable.*got 'nonsense'"):
        PhasePlaneExplorer(presets=["nonsense"])


def test_every_field_of_the_spec_is_a_synchronised_trait() -> None:
    explorer = PhasePlaneExplorer()
    fields = SPEC["phase-plane"]["fields"]
    assert list(explorer.state()) == list(fields)
    assert set(fields) <= set(explorer.keys)
    for preset in SPEC["phase-plane"]["presets"].values():
        for name, value in preset["state"].items():
            setattr(explorer, name, value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [LiveTrainingExplorer, MethodExplorer, ModelExplorer, TrainingExplorer]
)
def test_the_other_explorers_have_their_fields_and_a_still_picture(kind: type) -> None:
    explorer = kind()
    assert set(explorer.state()) <= set(explorer.keys)
    root = ET.fromstring(explorer.to_html())
    state = json.loads(root.get("data-state"))
    state.pop("presets")
    assert state == explorer.state()
    assert "oscillating" in explorer.still()
    assert explorer.to_html() == kind().to_html()


def test_a_recording_is_drawn_before_a_reader_brings_one() -> None:
    explorer = RecordingExplorer()
    assert set(explorer.state()) <= set(explorer.keys)
    root = ET.fromstring(explorer.to_html())
    assert json.loads(root.get("data-state")) == explorer.state() | {"presets": []}
    assert "spikes while the current is on" in explorer.still()
    with pytest.raises(ValueError, match="nothing has been trained yet"):
        explorer.model()


@pytest.mark.parametrize(
    "drawn", ["K" * 50, "K" * 50 + "-", "K" * 50 + "é", 5, "K" * 52], ids=lambda one: str(one)[-3:]
)
def test_a_drawn_current_is_so_many_letters(drawn: object) -> None:
    with pytest.raises(TraitError, match="drawn"):
        DrawCurrentExplorer(drawn=drawn)


def test_letters_are_hundredths_and_knots_stand_four_units_apart() -> None:
    current = DrawCurrentExplorer(drawn="K" * 25 + "o" * 26).current()
    assert current([0.0, 96.0, 98.0, 100.0, 200.0]) == pytest.approx([0.2, 0.2, 0.35, 0.5, 0.5])


@pytest.mark.slow
def test_the_drawing_shows_its_current_and_three_traces() -> None:
    explorer = DrawCurrentExplorer(seed=1)
    root = ET.fromstring(explorer.to_html())
    state = json.loads(root.get("data-state"))
    state.pop("presets")
    assert state == explorer.state()
    assert explorer.still().count("<polyline") == 4


def test_the_way_back_comes_home_on_a_short_way_and_is_lost_on_a_long_one() -> None:
    explorer = BackwardExplorer(t_end=5.0)
    assert (
        explorer.there_and_back(7).distance < 0.01 < BackwardExplorer().there_and_back(7).distance
    )
    assert BackwardExplorer().there_and_back(12).distance < 0.01
    root = ET.fromstring(explorer.to_html())
    assert json.loads(root.get("data-state"))["t_end"] == 5.0
    assert explorer.still().count("<circle") == 2 + 11


@pytest.mark.slow
def test_the_hidden_coordinate_is_drawn_beside_w() -> None:
    explorer = HiddenExplorer(seed=1, I=0.2, I_after=0.5)
    root = ET.fromstring(explorer.to_html())
    state = json.loads(root.get("data-state"))
    state.pop("presets")
    assert state == explorer.state()
    assert explorer.still().count("<polyline") == 4
    truth, model = explorer.paths()
    assert truth.shape == model.shape == (321, 2)


def test_what_can_be_chosen_is_what_the_study_has() -> None:
    assert SPEC["model"]["fields"]["seed"]["choices"] == list(SEEDS)
    assert SPEC["method"]["fields"]["seed"]["choices"] == list(SEEDS)
    assert SPEC["draw"]["fields"]["seed"]["choices"] == list(SEEDS)
    for name in SPEC["hidden"]["fields"]["data"]["choices"]:
        assert set(SPEC["hidden"]["fields"]["seed"]["choices"]) <= set(seeds_of(name))
    assert SPEC["training"]["fields"]["update"]["choices"] == list(SNAPSHOT_UPDATES)


@pytest.mark.parametrize("key", [key for key in KEYS if not key.startswith("methods")])
def test_a_package_is_byte_for_byte_what_the_librarys_loader_gives(key: str) -> None:
    kind, number = key.split("-")
    tensors = {}
    load = {
        "seed": load_pretrained,
        "driven": load_driven_model,
        "voltage": load_voltage_model,
        "update": load_snapshot,
    }[kind]
    packed = [variant for variant, _, _ in STUDY_VARIANTS.get(kind, ())]
    for variant in packed or SNAPSHOT_VARIANTS:
        for name, value in network_of(load(variant, int(number))).state_dict().items():
            kept = value.half() if kind == "update" else value
            tensors[f"{variant}/net.{name}"] = kept.contiguous()
    assert len(tensors) == 6 * (3 if kind in ("seed", "voltage") else 2)
    assert package(key) == safetensors.torch.save(tensors)


def test_a_package_of_no_such_key_or_of_a_damaged_file_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="key must be one of"):
        package("seed-99")
    whole = (packages.PRETRAINED / "neural_ode.safetensors").read_bytes()
    (tmp_path / "neural_ode.safetensors").write_bytes(whole[:-1])
    monkeypatch.setattr(packages, "PRETRAINED", tmp_path)
    with pytest.raises(ValueError, match=r"neural_ode\.safetensors is not a whole safetensors"):
        package("seed-0")
    (tmp_path / "methods.json").write_text('{"rows": []}')
    with pytest.raises(ValueError, match=r"methods\.json is damaged: KeyError"):
        package("methods-0")


@pytest.mark.parametrize("seed", SPEC["method"]["fields"]["seed"]["choices"])
def test_a_package_of_fits_has_what_the_comparison_measured(seed: int) -> None:
    measured = load_methods()
    tensors = safetensors.numpy.load(package(f"methods-{seed}"))
    expected = {
        f"{method}-{noise:g}/{name}": measured.row(Problem(noise_std=noise).name, method)
        for noise in SPEC["method"]["fields"]["noise"]["choices"]
        for method, name in FITS.items()
    }
    assert set(tensors) == set(expected)
    for name, row in expected.items():
        assert tensors[name].dtype == np.float64
        assert tensors[name].tolist() == row["constants"][row["seeds"].index(seed)]


@pytest.mark.parametrize(
    ("trait", "value"),
    [
        ("noise", 0.1),
        ("noise", "0.2"),
        ("noise", False),
        ("noise", float("nan")),
        ("network", "time_input"),
        ("seed", 10),
        ("n_steps", 0),
        ("n_steps", 10.5),
        ("I", 2.0),
        ("v0", float("inf")),
        ("w0", None),
    ],
)
def test_methods_refuse_what_was_not_measured(trait: str, value: object) -> None:
    with pytest.raises(TraitError, match=trait):
        MethodExplorer(**{trait: value})


def test_no_noise_is_no_noise_as_a_whole_number_or_not() -> None:
    assert MethodExplorer(noise=0.0).state() == MethodExplorer(noise=0).state()


def test_without_noise_the_fits_are_the_neuron_and_with_much_they_are_not() -> None:
    within = {}
    for noise in (0, 0.2):
        paths = MethodExplorer(noise=noise, n_steps=80).paths()
        truth = paths.pop("truth")
        within[noise] = {name: ((path - truth) ** 2).mean() for name, path in paths.items()}
    assert within[0]["network"] == within[0.2]["network"]
    for name in ("polynomial", "parameters"):
        assert within[0][name] < 1e-7 < within[0.2][name]
    assert within[0.2]["parameters"] < within[0.2]["polynomial"]


def test_python_answers_what_the_page_asks_for() -> None:
    explorer = TrainingExplorer()
    explorer._wanted = "update-5"
    assert explorer._weights == {"key": "update-5", "data": package("update-5")}


def test_the_site_gets_its_scripts_from_a_python_without_torch(tmp_path: Path) -> None:
    # As `make book` has it: neither torch nor widgets.
    code = (
        "import sys; sys.modules |= {'torch': None, 'anywidget': None, 'ipywidgets': None}; "
        "from pathlib import Path; from neurode_lib.explorers.packages import write_scripts; "
        "write_scripts(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "data")], check=True)
    scripts = {path.name: path.read_text(encoding="ascii") for path in tmp_path.glob("data/*")}
    assert sorted(scripts) == sorted(f"{key}.js" for key in KEYS)
    for key in KEYS:
        text = scripts[f"{key}.js"]
        found = re.fullmatch(
            r'\(globalThis\.neurodeWeights\?\?=\{\}\)\["([^"]*)"\]="([^"]*)";\n', text
        )
        assert found[1] == key
        assert base64.b64decode(found[2], validate=True) == package(key)
        assert len(gzip.compress(text.encode(), 9)) <= 220 * 1024


def test_a_book_gets_the_scripts_that_its_figures_ask_for(tmp_path: Path) -> None:
    write_scripts(tmp_path, {"phase-plane", "draw"})
    assert {path.stem.split("-")[0] for path in tmp_path.iterdir()} == {"driven"}
    assert {key.split("-")[0] for key in KEYS} == set().union(*ASKED_FOR.values())


def test_the_extension_for_sphinx_needs_neither_sphinx_nor_torch() -> None:
    gone = "{'torch': None, 'sphinx': None, 'docutils': None, 'anywidget': None}"
    code = f"import sys; sys.modules |= {gone}; import neurode_lib.explorers.sphinx"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_links_to_plain_ipywidgets() -> None:
    explorer = PhasePlaneExplorer(I=0.5)
    slider = ipywidgets.FloatSlider(min=0, max=1.8)
    ipywidgets.link((explorer, "I"), (slider, "value"))
    slider.value = 0.9
    assert explorer.I == 0.9
    explorer.I = 0.3
    assert slider.value == 0.3


def test_the_static_form_carries_the_state_and_no_widget() -> None:
    explorer = PhasePlaneExplorer(I=0.25, integrator="euler", link_name='a "<name>"')
    data, _ = explorer._repr_mimebundle_()
    assert set(data) == {
        "text/plain",
        "text/html",
        "application/vnd.jupyter.widget-view+json",
    }
    page = data["text/html"]
    assert explorer.model_id not in page
    assert explorer.model_id not in data["text/plain"]
    state = json.loads(html.unescape(re.search(r'data-state="([^"]*)"', page)[1]))
    assert state.pop("presets") == list(SPEC["phase-plane"]["presets"])
    assert state == explorer.state()
    root = ET.fromstring(page)
    assert root.get("data-name") == 'a "<name>"'
    assert 'class="neurode-explorer"' in page  # the site's extension looks for this
    assert "script" not in page.lower().replace("javascript", "")


def test_the_static_form_is_the_same_every_time() -> None:
    assert PhasePlaneExplorer(I=0.4).to_html() == PhasePlaneExplorer(I=0.4).to_html()


def test_the_still_picture_tells_what_it_shows() -> None:
    svg = PhasePlaneExplorer(I=1.6).still()
    assert "I = 1.60 (depolarisation block)" in svg
    point = equilibria(1.6)[0]
    assert f"at a stable {point.kind} at v = {point.v:.2f}, w = {point.w:.2f}" in svg
    unstable = PhasePlaneExplorer(I=0.5).still()
    assert "at an unstable focus" in unstable
    ids = re.findall(r'id="([^"]*)"', svg + PhasePlaneExplorer(I=0.2).still())
    assert len(ids) == len(set(ids))


def test_a_step_too_large_still_has_a_picture() -> None:
    svg = PhasePlaneExplorer(dt=3.0, integrator="euler", v0=2.5).still()
    assert "nan" not in svg
    assert "inf" not in svg


@pytest.mark.parametrize("window", [1, 5, 80])
def test_the_recipe_is_what_the_page_does(window: int) -> None:
    fixed = SPEC["live"]["recipe"]
    recipe = LiveTrainingExplorer(window=window, lr=0.03, updates=500).recipe()
    assert (recipe.window, recipe.lr, recipe.updates) == (window, 0.03, 500)
    # As training-loop.js has it; and a batch that WebAssembly can cut into eights.
    assert recipe.batch == min(fixed["batch"], fixed["steps"] / window)
    assert recipe.batch % 8 == 0
    assert (recipe.clip_norm, recipe.weight_decay) == (fixed["clip_norm"], fixed["weight_decay"])


def test_before_any_training_there_is_no_model() -> None:
    with pytest.raises(ValueError, match="nothing has been trained yet"):
        LiveTrainingExplorer().model()


@pytest.mark.parametrize("name", ["works", "few", "clock", "long", "noisy"])
def test_a_preset_of_the_training_differs_from_the_default_in_one_thing(name: str) -> None:
    fields, presets = SPEC["live"]["fields"], SPEC["live"]["presets"]
    state = presets[name]["state"]
    changed = [key for key, value in state.items() if value != fields[key]["default"]]
    assert len(changed) == (0 if name == "works" else 1)
    assert LiveTrainingExplorer(**state).state() | state == LiveTrainingExplorer(**state).state()


@pytest.mark.parametrize("script", ["explorers.js", "tasks.js", "trainer.js", "widget.js"])
def test_the_script_is_small_and_fetches_nothing_from_elsewhere(script: str) -> None:
    text = (STATIC / script).read_bytes()
    assert len(gzip.compress(text, 9)) <= 60 * 1024
    assert not re.search(rb"https?://(?!www\.w3\.org/)", text)
