"""With which other parameters each chapter must run, too.

One entry per chapter: the notebook's name without its suffix, then the parameters that change and
their values. Choose values at which the chapter has something else to show (another seed, another
current), and a short schedule for whatever trains.
"""

PARAMETERS: dict[str, dict[str, object]] = {
    "01_fitzhugh_nagumo": {"I_rest": 0.1, "I_spike": 0.9, "I_between": 0.327, "v0": 0.5},
    "02_stepping_through_time": {"dt": 0.25, "I_spike": 0.7, "n_starts": 100, "seed": 1},
    "03_the_dataset": {"n_trajectories": 20, "seed": 50, "n_seeds": 3, "noise_std": 0.1},
    "04_a_neural_ode": {"seed": 1, "I_shown": 0.2, "updates": 5, "hidden": 8},
}
