"""What a perfect fit to samples learns, against fields that are fitted through the integrator."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from neurode_lib.fitzhugh_nagumo import fhn_rhs, flow_map, rk4_step, sample_starts
from neurode_lib.metrics import mean_velocity, relative_field_error, rk4_equivalent_field

STATES = sample_starts(300, np.random.default_rng(3))


def test_the_mean_velocity_leads_from_sample_to_sample():
    np.testing.assert_allclose(
        STATES + 0.5 * mean_velocity(STATES, 0.5), flow_map(STATES, 0.5, 0.5), atol=1e-14
    )


@pytest.mark.parametrize(("field", "order"), [(mean_velocity, 1), (rk4_equivalent_field, 4)])
def test_the_bias_falls_with_the_order_of_the_method(field, order):
    steps = np.array([0.1, 0.05])
    bias = [relative_field_error(field(STATES, 0.5, dt=dt), fhn_rhs(STATES, 0.5)) for dt in steps]
    assert np.diff(np.log(bias)) / np.diff(np.log(steps)) == pytest.approx(order, abs=0.15)


def test_a_field_fitted_through_rk4_is_as_far_from_the_true_one():
    """A quintic in v, cubic in w, whose RK4 step is nearest the flow: no series is involved."""
    powers = [(i, j) for i in range(6) for j in range(min(5 - i, 2) + 1)]

    def basis(states):
        return np.stack([states[..., 0] ** i * states[..., 1] ** j for i, j in powers], axis=-1)

    after = flow_map(STATES, 0.5, 0.5)
    start = np.linalg.lstsq(basis(STATES), fhn_rhs(STATES, 0.5), rcond=None)[0].ravel()

    def field(coefficients):
        return lambda states, _: basis(states) @ coefficients.reshape(-1, 2)

    def defect(coefficients):
        return (rk4_step(field(coefficients), STATES, 0.5, 0.5) - after).ravel()

    fit = least_squares(defect, start, max_nfev=5)
    assert np.abs(fit.fun).max() < 0.5 * np.abs(defect(start)).max()
    true = fhn_rhs(STATES, 0.5)
    fitted = relative_field_error(field(fit.x)(STATES, 0.5), true)
    predicted = relative_field_error(rk4_equivalent_field(STATES, 0.5), true)
    assert fitted == pytest.approx(predicted, rel=0.3)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="states must have shape"):
        mean_velocity(np.zeros((3, 3)), 0.5)
    with pytest.raises(ValueError, match="dt must be"):
        rk4_equivalent_field(np.zeros(2), 0.5, dt=0.0)
