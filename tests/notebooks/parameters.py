"""With which other parameters each chapter must run, too.

One entry per chapter: the notebook's name without its suffix, then the parameters that change and
their values. Choose values at which the chapter has something else to show (another seed, another
current), and a short schedule for whatever trains.
"""

PARAMETERS: dict[str, dict[str, object]] = {}
