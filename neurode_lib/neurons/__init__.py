"""Other neurons than the book's own: simulators with units, for data that look recorded.

The FitzHugh–Nagumo neuron stands in front, in :mod:`neurode_lib.fitzhugh_nagumo`.
"""
