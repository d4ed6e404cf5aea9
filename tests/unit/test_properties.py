"""What must hold for every input, tried on inputs that Hypothesis thinks up."""

import html
import json
import warnings
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neurode_lib.explorers import (
    LiveTrainingExplorer,
    MethodExplorer,
    ModelExplorer,
    PhasePlaneExplorer,
    TrainingExplorer,
)
from neurode_lib.explorers._spec import SPEC
from neurode_lib.fitzhugh_nagumo import flow_map, simulate
from neurode_lib.integrator import rk4_integrate
from neurode_lib.metrics import (
    DivergedWarning,
    UntrainedCurrentWarning,
    cosine_similarity,
    error_by_horizon,
    learned_equilibria,
    learned_hopf_current,
    learned_jacobian,
    predict,
    relative_field_error,
    spike_times,
    vector_field,
)
from neurode_lib.models import DiscreteRNN, NeuralODE, ODEFunc
from neurode_lib.phase_plane import equilibria, limit_cycle
from neurode_lib.study.pretrained import load_pretrained
from neurode_lib.trained_range import keep_trained_range
from neurode_lib.weights import load_weights, save_weights

# --- models --------------------------------------------------------------------------------------


def made(kind, seed):
    """A small random network in double precision."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if kind == "discrete_rnn":
            return DiscreteRNN(hidden=6, zero_init=False).double()
        return NeuralODE(
            ODEFunc(hidden=6, time_input=kind == "time_input", zero_init=False)
        ).double()


KINDS = st.sampled_from(["neural_ode", "time_input", "discrete_rnn"])
MODELS = st.builds(made, KINDS, st.integers(0, 10_000))
STATES = st.floats(-2.5, 2.5, width=32)
CURRENTS = st.floats(-0.5, 1.75, width=32)


@st.composite
def problems(draw, min_size=1):
    """Starts, currents and an increasing grid, in double precision."""
    n = draw(st.integers(min_size, 6))
    starts = draw(hnp.arrays(np.float64, (n, 2), elements=STATES))
    currents = draw(hnp.arrays(np.float64, (n,), elements=CURRENTS))
    steps = draw(st.lists(st.floats(0.01, 1.0), min_size=2, max_size=8))
    return starts, currents, np.concatenate([[0.0], np.cumsum(steps)])


def tensors(problem):
    return tuple(torch.tensor(part) for part in problem)


def rolled(model, y0, I, t_eval):
    with torch.no_grad():
        return model(y0, I, t_eval)


@pytest.mark.slow
@given(MODELS, problems())
def test_a_batch_is_its_rows_one_by_one(model, problem):
    y0, I, t = tensors(problem)
    alone = [rolled(model, y0[i : i + 1], I[i : i + 1], t) for i in range(len(y0))]
    torch.testing.assert_close(
        rolled(model, y0, I, t), torch.cat(alone, dim=1), rtol=1e-10, atol=1e-12
    )
    states, currents, grid = problem
    np.testing.assert_allclose(
        vector_field(model, states, currents),
        [
            vector_field(model, state, current)
            for state, current in zip(states, currents, strict=True)
        ],
        rtol=1e-10,
        atol=1e-12,
    )
    np.testing.assert_allclose(
        simulate(states, currents, 3, 0.1),
        [simulate(state, current, 3, 0.1) for state, current in zip(states, currents, strict=True)],
        rtol=1e-10,
        atol=1e-12,
    )
    assert len(grid) == len(t)


@given(MODELS, problems(min_size=2), st.randoms(use_true_random=False))
def test_permuting_the_batch_permutes_the_result(model, problem, random):
    y0, I, t = tensors(problem)
    order = list(range(len(y0)))
    random.shuffle(order)
    torch.testing.assert_close(
        rolled(model, y0[order], I[order], t),
        rolled(model, y0, I, t)[:, order],
        rtol=1e-10,
        atol=1e-12,
    )


@given(MODELS, problems(), st.data())
def test_a_grid_in_two_parts_is_the_grid_in_one(model, problem, data):
    y0, I, t = tensors(problem)
    cut = data.draw(st.integers(1, len(t) - 2))
    first = rolled(model, y0, I, t[: cut + 1])
    second = rolled(model, first[-1], I, t[cut:])
    assert torch.equal(rolled(model, y0, I, t), torch.cat([first, second[1:]]))


@given(st.integers(0, 10_000), problems(), st.floats(-50.0, 50.0))
def test_a_clock_that_starts_elsewhere_changes_nothing_without_a_time_input(seed, problem, shift):
    y0, I, t = tensors(problem)
    for kind in ("neural_ode", "discrete_rnn"):
        model = made(kind, seed)
        torch.testing.assert_close(
            rolled(model, y0, I, t + shift), rolled(model, y0, I, t), rtol=1e-9, atol=1e-9
        )


@given(st.integers(0, 10_000), problems(), st.floats(1.0, 50.0))
def test_a_clock_that_starts_elsewhere_matters_with_a_time_input(seed, problem, shift):
    y0, I, t = tensors(problem)
    model = made("time_input", seed)
    moved = (rolled(model, y0, I, t + shift) - rolled(model, y0, I, t)).abs().max()
    assert moved > 1e-6


@pytest.mark.slow
@given(st.sampled_from(["neural_ode", "time_input"]), st.integers(0, 10_000), problems())
def test_halving_the_steps_brings_the_path_nearer_at_fourth_order(kind, seed, problem):
    y0, I, grid = tensors(problem)
    func = made(kind, seed).func

    def end(parts):
        pieces = [torch.linspace(a, b, parts + 1).double()[:-1] for a, b in pairwise(grid)]
        with torch.no_grad():
            return rk4_integrate(func, y0, I, torch.cat([*pieces, grid[-1:]]))[-1]

    exact = end(32)
    errors = [float((end(parts) - exact).abs().max()) for parts in (1, 2, 4)]
    # Sixteen times in the limit; smooth fields reach half of that, or the rounding.
    for coarse, fine in pairwise(errors):
        assert fine <= coarse / 8 + 1e-12


@pytest.mark.slow
@given(problems(), st.floats(0.05, 2.0), st.floats(0.05, 2.0))
def test_the_neurons_flow_composes(problem, first, second):
    states, currents, _ = problem
    np.testing.assert_allclose(
        flow_map(flow_map(states, currents, first), currents, second),
        flow_map(states, currents, first + second),
        rtol=1e-6,
        atol=1e-8,
    )


# --- numbers of every size -----------------------------------------------------------------------

FINITE = st.floats(allow_nan=False, allow_infinity=False)
FIELDS = hnp.arrays(np.float64, (4, 2), elements=FINITE)


@given(FIELDS, FIELDS)
def test_scores_of_fields_are_never_nan_whatever_their_size(a, b):
    cosine = cosine_similarity(a, b)
    assert ((cosine >= -1.0) & (cosine <= 1.0)).all()
    if b.any():
        assert relative_field_error(a, b) >= 0.0


@given(hnp.arrays(np.float64, (2, 3, 2)), hnp.arrays(np.float64, (2, 3, 2), elements=FINITE))
def test_errors_are_never_nan_whatever_is_predicted(predicted, truth):
    assert (error_by_horizon(predicted, truth) >= 0.0).all()


@given(hnp.arrays(np.float64, 9, elements=st.floats(-1e6, 1e6)), st.floats(-10.0, 10.0))
def test_spikes_lie_between_their_samples_and_in_order(v, threshold):
    t = np.arange(9.0)
    spikes = spike_times(t, v, threshold)
    rising = np.flatnonzero((v[:-1] < threshold) & (v[1:] >= threshold))
    assert len(spikes) == len(rising)
    assert ((spikes >= rising) & (spikes <= rising + 1)).all()


@given(st.floats(-1e6, 1e6))
def test_there_is_one_equilibrium_for_every_current_and_a_cycle_or_a_word(current):
    (point,) = equilibria(current)
    assert np.isfinite([point.v, point.w]).all()
    if abs(current) > 15.0:
        with pytest.raises(ValueError, match="no limit cycle"):
            limit_cycle(current)


# --- on disk -------------------------------------------------------------------------------------

TYPES = [
    torch.float32,
    torch.float64,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.uint8,
    torch.bool,
]


@st.composite
def weights(draw):
    """Tensors of any type, shape and bits, NaN payloads included."""
    named = {}
    for name in draw(st.sets(st.text(min_size=1, max_size=8).filter(_is_a_name), max_size=4)):
        kind = draw(st.sampled_from(TYPES))
        shape = draw(st.lists(st.integers(0, 3), max_size=3))
        size = int(np.prod(shape, dtype=int)) * torch.empty((), dtype=kind).element_size()
        raw = draw(st.binary(min_size=size, max_size=size))
        if kind is torch.bool:
            raw = bytes(byte & 1 for byte in raw)
        flat = torch.frombuffer(bytearray(raw), dtype=kind) if size else torch.empty(0, dtype=kind)
        named[name] = flat.reshape(shape)
    return named


def _is_a_name(text):
    return text != "__metadata__" and not any(0xD800 <= ord(c) < 0xE000 for c in text)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | FINITE
    | st.text().filter(_is_a_name),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5).filter(_is_a_name), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(weights(), st.dictionaries(st.text(max_size=5).filter(_is_a_name), JSON, max_size=4))
def test_saved_and_loaded_is_the_identity(tmp_path_factory, tensors, metadata):
    path = tmp_path_factory.mktemp("w") / "w.safetensors"
    save_weights(path, tensors, metadata)
    loaded, header = load_weights(path)
    assert header == metadata
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert (loaded[name].dtype, loaded[name].shape) == (tensor.dtype, tensor.shape)
        assert bits(loaded[name]) == bits(tensor)


def bits(tensor):
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


# --- explorers -----------------------------------------------------------------------------------

HOSTILE = st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onload='x",
        "&quot;&#34;&lt;",
    ]
)
NAMES = (st.text(min_size=1, max_size=20) | HOSTILE).filter(
    lambda name: name.isprintable() and name
)


def of_field(field):
    if "choices" in field:
        return st.sampled_from(field["choices"])
    if field.get("integer"):
        return st.integers(field["min"], field["max"])
    return st.floats(field["min"], field["max"])


def explorers(kind):
    spec = SPEC[kind._kind]
    return st.builds(
        kind,
        presets=st.lists(st.sampled_from(list(spec["presets"])), unique=True),
        link_name=NAMES,
        **{name: of_field(field) for name, field in spec["fields"].items()},
    )


class Tags(HTMLParser):
    """The elements of a page, with the names of their attributes."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, tuple(name for name, _ in attributes)))
        if tag == "figure":
            self.figure = dict(attributes)


class WithoutPicture:
    """These take their time to draw, and their pictures hold nothing but numbers."""

    def still(self):
        return "<svg></svg>"


class QuickModel(WithoutPicture, ModelExplorer):
    pass


class QuickMethod(WithoutPicture, MethodExplorer):
    pass


class QuickTraining(WithoutPicture, TrainingExplorer):
    pass


class QuickLiveTraining(WithoutPicture, LiveTrainingExplorer):
    pass


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [PhasePlaneExplorer, QuickMethod, QuickModel, QuickTraining, QuickLiveTraining]
)
@given(data=st.data())
def test_the_static_form_carries_any_state_and_never_markup(kind, data):
    explorer = data.draw(explorers(kind))
    page = explorer.to_html()
    tags = Tags()
    tags.feed(page)
    carried = json.loads(tags.figure["data-state"])
    assert carried.pop("presets") == explorer.presets
    assert carried == explorer.state()
    assert tags.figure["data-name"] == explorer.link_name
    # The same elements as for a harmless name: nothing came in through a value.
    harmless = Tags()
    explorer.link_name = "a"
    harmless.feed(explorer.to_html())
    assert tags.seen == harmless.seen
    assert "script" not in {tag for tag, _ in tags.seen}
    # XML is stricter than HTML about what may stand where.
    assert html.unescape(ElementTree.fromstring(page).get("data-state"))


@given(st.text().filter(lambda text: not text.isprintable() or not text))
def test_names_that_no_link_can_carry_are_refused(name):
    with pytest.raises(Exception, match="link_name must be printable text"):
        PhasePlaneExplorer(link_name=name)


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_a_choice_is_one_of_those_listed_in_type_too(value):
    with pytest.raises(Exception, match="seed"):
        ModelExplorer(seed=value)


# --- currents that a model was not trained on ----------------------------------------------------


@pytest.mark.slow
@given(st.floats(-5.0, 5.0))
def test_whoever_asks_about_an_untrained_current_is_told(current):
    model = made("neural_ode", 0)
    grid = np.array([0.0, 0.1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predict(model, [[0.0, 0.0]], current, grid)  # it does not say what it was trained on
    keep_trained_range(model, [0.5, 0.2])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        predict(model, [[0.0, 0.0]], current, grid)
        vector_field(model, [0.0, 0.0], current)
        learned_jacobian(model, [0.0, 0.0], current)
        learned_equilibria(model, current)
    inside = 0.2 - 1e-3 <= current <= 0.5 + 1e-3
    assert [warning.category for warning in caught] == 4 * (not inside) * [UntrainedCurrentWarning]
    assert {warning.filename for warning in caught} <= {__file__}


def test_the_warning_of_divergence_points_at_the_caller():
    class Explosion(torch.nn.Module):
        def forward(self, _t, y, _I):
            return y**3

    with pytest.warns(DivergedWarning) as caught:
        predict(NeuralODE(Explosion()), [[2.0, 0.5]], 1.0, 0.5 * np.arange(9))
    assert caught[0].filename == __file__


def test_arrays_that_run_backwards_are_as_good_as_their_copies(true_model):
    starts, grid = np.array([[0.5, 0.1], [1.0, 0.0]])[::-1], 0.5 * np.arange(3)
    forward = starts.copy()
    assert (predict(true_model, starts, 0.5, grid) == predict(true_model, forward, 0.5, grid)).all()
    assert (vector_field(true_model, starts, 0.5) == vector_field(true_model, forward, 0.5)).all()


def test_a_scan_of_currents_is_meant_to_leave_the_trained_ones():
    model = made("neural_ode", 0)
    keep_trained_range(model, [0.2, 0.5])
    learned_hopf_current(model, (0.0, 1.0), n_currents=3)


def test_models_of_the_study_and_trained_ones_know_their_currents(recwarn):
    model = load_pretrained("neural_ode", 0)
    assert "trained_currents" not in model.state_dict()
    grid = np.array([0.0, 0.5])
    predict(model, [[0.0, 0.0]] * 2, [0.2, 0.5], grid)
    assert not recwarn
    with pytest.warns(UntrainedCurrentWarning, match=r"I = 0\.7 lies outside .* 0\.2 to 0\.5"):
        predict(model, [[0.0, 0.0]] * 2, [0.3, 0.7], grid)
    with pytest.warns(UntrainedCurrentWarning, match=r"I = 0\.1 lies"):
        predict(model.half(), [[0.0, 0.0]], 0.1, grid)
