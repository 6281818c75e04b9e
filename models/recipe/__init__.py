"""The recipe of Nirvana's default model: everything from fetching drawings to the ONNX folder.

Text to picture in four parts, each trained here from nothing on openly licensed drawings:

    words -> tokens -> text.TextEncoder   token states [batch, 24, 384]
    noise [batch, 4, h, w] -> unet.UNet   denoised step by step, attending to the token states
    latent -> autoencoder.Autoencoder     picture [batch, 3, 8h, 8w]

Start at README.md for the commands, and at __main__.py for the order of the stages.
"""
import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before ONNX Runtime is imported
