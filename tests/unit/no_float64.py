"""A device that does not exist: it keeps its tensors apart from the CPU's and has no float64.

Such are Apple's GPUs. Inside :class:`NoFloat64`, whatever is sent to ``"mps"`` is computed on the
CPU, but knows where it belongs: float64 there is refused, and so is mixing with tensors of the CPU.
"""

from __future__ import annotations

import weakref

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_flatten, tree_unflatten

DEVICE = torch.device("mps")
CPU = torch.device("cpu")

TO_CPU = {torch.Tensor.cpu, torch.Tensor.numpy, torch.Tensor.tolist, torch.Tensor.item}
# What may see tensors of both devices, in torch itself.
MIXING = {
    torch.Tensor.copy_,
    torch.Tensor.to,
    torch.Tensor.cpu,
    torch.Tensor.__getitem__,
    torch.Tensor.__setitem__,
    torch.Tensor.data.__set__,
    torch._has_compatible_shallow_copy_type,
    torch.Tensor.grad.__set__,
}


def is_device(value):
    return str(value) == "mps" if isinstance(value, (str, torch.device)) else False


class NoFloat64(TorchFunctionMode):
    def __init__(self):
        super().__init__()
        self.there = {}

    def holds(self, tensor):
        return self.there.get(id(tensor), lambda: None)() is tensor

    def put(self, tensor):
        if tensor.dtype == torch.float64:
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype: MPS has no float64")
        self.there[id(tensor)] = weakref.ref(tensor)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        # These read what they were asked for, and compute nothing.
        if func in (torch.device, torch._C._nn._parse_to):
            return func(*args, **(kwargs or {}))
        leaves, shape = tree_flatten((args, kwargs or {}))
        sent = any(map(is_device, leaves))
        tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
        here = [tensor for tensor in tensors if self.holds(tensor)]
        if func == torch.Tensor.device.__get__:
            return DEVICE if here else CPU
        if func == torch.Tensor.numpy and here:
            raise TypeError("can't convert a tensor of another device to numpy")
        if here and func not in MIXING:
            strangers = [t for t in tensors if t.dim() > 0 and not self.holds(t)]
            if strangers:
                raise RuntimeError(f"tensors on different devices in {func}")
        to_cpu = func in TO_CPU or any(
            str(leaf) == "cpu" for leaf in leaves if isinstance(leaf, (str, torch.device))
        )
        args, kwargs = tree_unflatten([CPU if is_device(x) else x for x in leaves], shape)
        result = func(*args, **kwargs)
        if func == torch.Tensor.data.__set__:
            if self.holds(args[1]):
                self.put(args[0])
            return result
        # Sent to where it is already, a tensor would be itself; here the places differ.
        if (sent or to_cpu) and any(result is tensor for tensor in tensors):
            result = result.view_as(result)
        if sent or (here and not to_cpu):
            for leaf in tree_flatten(result)[0]:
                # What is changed in place stays where it was.
                if isinstance(leaf, torch.Tensor) and not any(leaf is t for t in tensors):
                    self.put(leaf)
        return result
