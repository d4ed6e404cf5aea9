"""With which other parameters each chapter must run, too.

One entry per chapter: the notebook's name without its suffix, then the parameters that change and
their values. Choose values at which the chapter has something else to show (another seed, another
current) and its sentences take their other turn (a horizon shorter than the training, a start that
never spikes), and a short schedule for whatever trains. With `retrain` a seed may be one that the
study has not.
"""

PARAMETERS: dict[str, dict[str, object]] = {
    "01_fitzhugh_nagumo": {"I_rest": 0.1, "I_spike": 0.9, "I_between": 0.327, "v0": 0.5},
    "02_stepping_through_time": {
        "dt": 0.25,
        "I_rest": 0.0,
        "I_spike": 0.7,
        "n_starts": 100,
        "seed": 1,
    },
    "03_the_dataset": {
        "n_trajectories": 20,
        "traj_length": 10,
        "dt": 1.0,
        "seed": 50,
        "n_seeds": 3,
        "noise_std": 0.1,
    },
    "04_a_neural_ode": {"seed": 1, "I_shown": 0.2, "updates": 5, "hidden": 8},
    "08_phase_portraits": {"current": 0.35, "seed": 13, "retrain": True, "updates": 3},
    "09_beyond_the_horizon": {
        "current": 0.2,
        "seed": 14,
        "n_steps": 60,
        "retrain": True,
        "updates": 3,
    },
    "12_claims_measured": {"topic": "training", "resamples": 50},
    "13_shorter_windows": {"current": 0.2, "seed": 2, "retrain": True, "updates": 3},
    "15_train_it_here": {"seed": 3, "retrain": True, "n_seeds": 2, "updates": 5},
    "14_an_unseen_current": {
        "currents_to": 1.5,
        "n_currents": 9,
        "shown_seeds": [1],
        "retrain": True,
        "updates": 5,
    },
    "05_starting_from_zero": {"seed": 1, "I_shown": 0.2, "retrain": True, "updates": 5},
    "06_the_discrete_baseline": {"seed": 3, "I_shown": 0.2, "retrain": True, "updates": 5},
    "07_training": {"seed": 13, "retrain": True, "updates": 5},
    "16_a_current_that_changes": {
        "seed": 3,
        "shown": ["chirp", "constant"],
        "retrain": True,
        "updates": 3,
    },
    "19_gradients_and_solvers": {
        "current": 0.2,
        "seed": 2,
        "horizon": 10.0,
        "t_back": 12.0,
    },
    "20_a_real_recording": {
        "repeat": 1,
        "begin": 500,
        "length": 300,
        "step_current": 900.0,
        "noise_seed": 2,
    },
    "17_only_the_voltage": {"seed": 2, "line_updates": 3, "shown": 100.0},
    "18_which_method_when": {"current": 0.2, "seed": 4, "noise_std": 0.1},
    "10_one_line_of_code": {"seed": 14, "I_shown": 0.2, "retrain": True, "updates": 5},
    "11_another_clock": {
        "seed": 12,
        "I_shown": 0.2,
        "dt_fine": 0.1,
        "dt_coarse": 2.0,
        "retrain": True,
        "updates": 5,
    },
}

# What the book says at its own parameters, and what is false at those above.
FALSE_THERE: dict[str, str] = {
    "09_beyond_the_horizon": "The training data end where the shading ends",
    "19_gradients_and_solvers": "together on the limit cycle",
}
