"""Learning a neuron's dynamics with Neural ODEs: the library behind the book *neurode*."""

__version__ = "0.1.0"
