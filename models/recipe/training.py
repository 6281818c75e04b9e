"""What the trainings share: device, precision, a clock, the learning rate, averaged weights."""
import copy
import time

import torch


def device():
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast(dev):
    return torch.autocast(dev.type, dtype=torch.bfloat16)


class Clock:
    """Progress of a time-limited run: 0 at the start, 1 when the minutes are spent."""

    def __init__(self, minutes):
        self.start, self.limit = time.time(), minutes * 60

    def seconds(self):
        return time.time() - self.start

    def progress(self):
        return self.seconds() / self.limit


def rate(progress, step, warm_steps=100, cool=0.3):
    """Share of the full learning rate: up over the first steps, a plateau, then straight down to 0 over
    the last part of the run (cool=0: none, for a run that another one continues)."""
    up = min(1.0, (step + 1) / warm_steps)
    down = min(1.0, max(0.02, (1 - progress) / cool)) if cool else 1.0
    return up * down


class Average:
    """Exponential moving average of a model's weights, with a decay that grows from 0 as steps pass."""

    def __init__(self, model, decay):
        self.model, self.decay = copy.deepcopy(model).eval().requires_grad_(False), decay

    @torch.no_grad()
    def update(self, model, step):
        d = min(self.decay, (1 + step) / (10 + step))
        for a, b in zip(self.model.state_dict().values(), model.state_dict().values()):
            if a.is_floating_point():
                a.lerp_(b, 1 - d)
            else:
                a.copy_(b)
