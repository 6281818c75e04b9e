"""A CLIPModel of transformers with made-up weights, and its logits: engine/onnx/testdata/clip.

Its image encoder alone, as CLIPVisionModelWithProjection, gives image_embeds of the same pictures.
"""

import base64
import gzip
import json
import sys
from pathlib import Path

import torch
import transformers


def encoded(tensor):
    """Little-endian numbers as base64."""
    return base64.b64encode(tensor.contiguous().numpy().tobytes()).decode()


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(5)
    config = transformers.CLIPConfig(
        text_config=dict(vocab_size=64, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
                         max_position_embeddings=12, eos_token_id=63, bos_token_id=62, pad_token_id=63, projection_dim=8),
        vision_config=dict(hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=3, image_size=16,
                           patch_size=4, hidden_act="gelu", projection_dim=8),
        projection_dim=8)
    model = transformers.CLIPModel(config).eval()
    for p in model.parameters():  # fresh weights say nearly the same of every picture
        p.data = (p.data + torch.randn_like(p) * 0.1).half().float()
    model.half().save_pretrained(out)
    model = transformers.CLIPModel.from_pretrained(out, torch_dtype=torch.float32).eval()
    pixels = torch.randn(3, 3, 16, 16)
    ids = torch.tensor([[62, 5, 9, 63, 63, 63, 63, 63, 63, 63, 63, 63], [62, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 63]])
    with torch.no_grad():
        logits = model(input_ids=ids, pixel_values=pixels).logits_per_image
        image = transformers.CLIPVisionModelWithProjection.from_pretrained(out, torch_dtype=torch.float32).eval()
        embeds = image(pixel_values=pixels).image_embeds
    reference = {"transformers": transformers.__version__, "pixels": encoded(pixels), "ids": ids.tolist(),
                 "logits": encoded(logits), "embeds": encoded(embeds)}
    with gzip.GzipFile(out / "reference.json.gz", "wb", mtime=0) as f:
        f.write(json.dumps(reference).encode())


main(Path(sys.argv[1]))
