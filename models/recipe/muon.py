"""Muon: momentum whose matrices are made orthogonal before each step (Jordan et al., 2024), for the hidden weights.

Everything else (norms, biases, tables, first and last convolutions) is AdamW's. Updates are scaled as by Liu et
al. (2025, "Muon is scalable"), so that AdamW's learning rates and decay fit both.
"""
import torch

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonal(g, steps=5):
    """g [n, m] -> nearly the orthogonal matrix nearest to it, by Newton-Schulz in bf16, which it bears."""
    a, b, c = COEFFICIENTS
    wide = g.shape[0] <= g.shape[1]
    x = (g if wide else g.t()).bfloat16()
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.t()
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x if wide else x.t()).to(g.dtype)


def split(model, first_and_last):
    """(hidden matrices, everything else) of a model's parameters; first_and_last: prefixes of names left to AdamW."""
    hidden, rest = [], []
    for name, p in model.named_parameters():
        matrix = p.ndim >= 2 and min(p.shape[0], p[0].numel()) >= 16 and not name.startswith(first_and_last)
        (hidden if matrix else rest).append(p)
    return hidden, rest


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised, with a root mean square of 0.2 an entry; decay as AdamW's."""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.01):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                if "average" not in (state := self.state[p]):
                    state["average"] = torch.zeros_like(p)
                state["average"].lerp_(p.grad, 1 - group["momentum"])
                g = p.grad.lerp(state["average"], group["momentum"]).reshape(len(p), -1)
                scale = 0.2 * max(g.shape) ** 0.5
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(orthogonal(g).reshape(p.shape), alpha=-group["lr"] * scale)
