"""What the autoencoder is trained for."""
import torch
import torch.nn.functional as F


def edges(x):
    """Differences between neighbours, down and across."""
    return x[..., 1:, :] - x[..., :-1, :], x[..., :, 1:] - x[..., :, :-1]


def picture_loss(y, x, square=1.0):
    """L1 on colours and on edges, at full, half and quarter size, and square times the squared error."""
    total = square * F.mse_loss(y, x)
    for level in range(3):
        total = total + F.l1_loss(y, x)
        for a, b in zip(edges(y), edges(x)):
            total = total + F.l1_loss(a, b)
        if level < 2:
            x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return total


def latent_loss(z):
    """Holds every latent channel near zero mean and unit variance, and rare values within 4."""
    mean, variance = z.mean((0, 2, 3)), z.var((0, 2, 3))
    return (mean * mean).mean() + (variance - 1).abs().mean() + 0.01 * (z.abs() - 4).clamp(min=0).mean()


def symmetric(z, x, turns, half):
    """The same quarter turns, and halving, of a latent and its picture: a decoder that follows both makes
    latents easy to diffuse (equivariance regularisation, Kouzelis et al., EQ-VAE, 2025)."""
    z, x = torch.rot90(z, turns, (2, 3)), torch.rot90(x, turns, (2, 3))
    return (F.avg_pool2d(z, 2), F.avg_pool2d(x, 2)) if half else (z, x)
