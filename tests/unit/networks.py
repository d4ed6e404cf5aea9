"""Networks and grids that tests of the integrator and of the models share."""

import torch

CURRENTS = [0.2, 0.5, 0.9]


def lively(func, seed=0, scale=1.0):
    """Give every weight a random value, so that no symmetry of an initialisation hides a fault."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in func.parameters():
            fan_in = weight.shape[-1]
            weight.copy_(torch.randn(weight.shape, generator=generator) * scale / fan_in**0.5)
    return func


def example(dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    y0 = torch.randn(3, 2, generator=generator, dtype=torch.float64)
    return y0.to(dtype), torch.tensor(CURRENTS, dtype=dtype)


def uneven(dtype=torch.float64):
    return torch.tensor([0.0, 0.1, 0.5, 0.55, 1.3, 2.0], dtype=dtype)
