"""The model folder in diffusers' layout: its JSON files, its graphs, its checksums."""
import hashlib
import json
import shutil

import torch
import torch.nn as nn

from . import onnxfile
from .verifier import SIDE

SCHEDULER = dict(_class_name="DDIMScheduler", _diffusers_version="0.35.0", beta_schedule="squaredcos_cap_v2",
                 num_train_timesteps=1000, prediction_type="v_prediction", timestep_spacing="trailing",
                 clip_sample=False, set_alpha_to_one=True, steps_offset=0)
INDEX = dict(_class_name="StableDiffusionPipeline", _diffusers_version="0.35.0",
             feature_extractor=[None, None], safety_checker=[None, None], requires_safety_checker=False,
             _usual=dict(num_inference_steps=25, guidance_scale=3.0, best_of=8), scheduler=["diffusers", "DDIMScheduler"], text_encoder=["diffusers", "OnnxRuntimeModel"],
             tokenizer=["transformers", "BertTokenizer"], unet=["diffusers", "OnnxRuntimeModel"],
             vae_decoder=["diffusers", "OnnxRuntimeModel"], vae_encoder=["diffusers", "OnnxRuntimeModel"])


class Encode(nn.Module):
    def __init__(self, autoencoder):
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, sample):
        return self.autoencoder.encode(sample)


class Decode(nn.Module):
    def __init__(self, autoencoder):
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, latent_sample):
        return self.autoencoder.decode(latent_sample)


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


def write_unet(unet, out, length):
    """unet/: sample [B, 4, h, w], timestep [B], encoder_hidden_states [B, T, D] -> out_sample, the v-prediction."""
    c, dim = unet.config, torch.export.Dim
    b, t = dim("b", min=1, max=64), dim("t", min=2, max=128)
    h, w = dim("h", min=1, max=64), dim("w", min=1, max=64)
    grain = c["patch"] * 2 ** (len(c["widths"]) - 1)  # what latent sides must divide by
    args = (torch.randn(2, c["channels"], c["size"], 2 * c["size"]), torch.tensor([500, 3]),
            torch.randn(2, length, c["context"]))
    onnxfile.save(unet, args, out / "unet" / "model.onnx", ["sample", "timestep", "encoder_hidden_states"],
                  ["out_sample"], ({0: b, 2: grain * h, 3: grain * w}, {0: b}, {0: b, 1: t}))
    write_json(out / "unet" / "config.json", dict(
        _class_name="UNet2DConditionModel", sample_size=c["size"], in_channels=c["channels"],
        out_channels=c["channels"], patch_size=c["patch"], block_out_channels=list(c["widths"]),
        cross_attention_dim=c["context"], layers_per_block=c["blocks"][0], attention_head_dim=64, _recipe=c))


def write_autoencoder(ae, out, pixels):
    """vae_encoder/: sample [B, 3, 8h, 8w] in [-1, 1] -> latent_sample, and vae_decoder/: back. Nothing is sampled. A decoder with
    alpha has a fourth channel, the opacity in [-1, 1] of the picture that the first three show on white."""
    factor, channels, dim = ae.config["factor"], ae.config["channels"], torch.export.Dim
    least = 4 if ae.config["inside"] else 2  # its network halves the latents twice
    b, h, w = dim("b", min=1, max=64), dim("h", min=least, max=512), dim("w", min=least, max=512)
    side = pixels // factor
    onnxfile.save(Encode(ae), (torch.rand(2, 3, pixels, 2 * pixels),), out / "vae_encoder" / "model.onnx",
                  ["sample"], ["latent_sample"], ({0: b, 2: factor * h, 3: factor * w},))
    onnxfile.save(Decode(ae), (torch.randn(2, channels, side, 2 * side),), out / "vae_decoder" / "model.onnx",
                  ["latent_sample"], ["sample"], ({0: b, 2: h, 3: w},))
    # diffusers counts one entry more than the picture is halved: 2^(n-1) = factor.
    widths = [ae.config["dec"][0]] + list(ae.config["dec"])
    config = dict(_class_name="AutoencoderTiny", in_channels=3, out_channels=3, latent_channels=channels,
                  block_out_channels=widths, encoder_block_out_channels=[ae.config["enc"][0]] + list(ae.config["enc"]),
                  decoder_block_out_channels=widths, sample_size=pixels, scaling_factor=1.0, force_upcast=False,
                  _recipe=ae.config)
    write_json(out / "vae_encoder" / "config.json", config)
    write_json(out / "vae_decoder" / "config.json", dict(config, out_channels=4 if ae.config["alpha"] else 3))


def write_text(encoder, out):
    """text_encoder/: input_ids [B, T] -> last_hidden_state [B, T, D], zero at padding; no mask is needed."""
    c, dim = encoder.config, torch.export.Dim
    b, t = dim("b", min=1, max=64), dim("t", min=2, max=c["length"])
    ids = torch.randint(5, c["pieces"], (2, c["length"] - 3))
    ids[1, 9:] = 0
    onnxfile.save(encoder, (ids,), out / "text_encoder" / "model.onnx", ["input_ids"], ["last_hidden_state"], ({0: b, 1: t},))
    write_json(out / "text_encoder" / "config.json", dict(
        architectures=["BertModel"], model_type="bert", hidden_size=c["width"], num_hidden_layers=c["layers"],
        num_attention_heads=c["heads"], intermediate_size=c["inner"], hidden_act="gelu", embedding_size=c["narrow"],
        max_position_embeddings=c["length"], vocab_size=c["pieces"], pad_token_id=0, _recipe=c))


def write_draft(lora, out, steps):
    """draft/: the LoRA weights that the U-Net was distilled to and their scheduler, and the entry of model_index.json that
    names them. lora None: takes away what was there."""
    index = json.loads((out / "model_index.json").read_text())
    index.pop("_draft", None)
    shutil.rmtree(out / "draft", ignore_errors=True)
    if lora is not None:
        onnxfile.merged(out / "unet" / "model.onnx", lora)  # fails where it does not fit
        (out / "draft").mkdir()
        shutil.copyfile(lora, out / "draft" / "pytorch_lora_weights.safetensors")
        write_json(out / "draft" / "scheduler_config.json", SCHEDULER)
        index["_draft"] = dict(weights="draft/pytorch_lora_weights.safetensors", scheduler="draft/scheduler_config.json",
                               num_inference_steps=steps, guidance_scale=1.0)
    write_json(out / "model_index.json", index)


def write_verifier(verifier, out, length):
    """verifier/: pixel_values [N, 3, 64, 64] in [-1, 1] and encoder_hidden_states [M, T, D] of the folder's text encoder ->
    logits_per_image [N, M], the scaled cosines of image_embeds [N, E] and text_embeds [M, E], and the entry of model_index.json
    that names it. preprocessor_config.json says how a picture becomes pixel_values, as it does of CLIP's. None: takes it away."""
    index = json.loads((out / "model_index.json").read_text())
    index.pop("_verifier", None)
    shutil.rmtree(out / "verifier", ignore_errors=True)
    if verifier is not None:
        c, dim = verifier.config, torch.export.Dim
        n, m, t = dim("n", min=1, max=256), dim("m", min=1, max=256), dim("t", min=2, max=128)
        args = torch.rand(3, 3, SIDE, SIDE) * 2 - 1, torch.randn(2, length, c["context"])
        onnxfile.save(verifier, args, out / "verifier" / "model.onnx", ["pixel_values", "encoder_hidden_states"],
                      ["logits_per_image", "image_embeds", "text_embeds"], ({0: n}, {0: m, 1: t}))
        write_json(out / "verifier" / "config.json", dict(
            model_type="clip", projection_dim=c["size"], logit_scale_init_value=round(verifier.sharpness.item(), 4),
            text_config=dict(hidden_size=c["context"]), vision_config=dict(image_size=SIDE, num_channels=3), _recipe=dict(c, sharpness=round(verifier.sharpness.item(), 6))))
        write_json(out / "verifier" / "preprocessor_config.json", dict(
            image_processor_type="CLIPImageProcessor", do_resize=True, size=dict(height=SIDE, width=SIDE), resample=2, do_center_crop=False,
            do_rescale=True, rescale_factor=1 / 255, do_normalize=True, image_mean=[0.5, 0.5, 0.5], image_std=[0.5, 0.5, 0.5]))
        index["_verifier"] = dict(model="verifier/model.onnx", text="text_encoder")
    write_json(out / "model_index.json", index)


def write_checksums(out):
    """SHA256SUMS over every other file of the folder, as sha256sum -c reads it."""
    lines = []
    for path in sorted(p for p in out.rglob("*") if p.is_file() and p.name != "SHA256SUMS"):
        lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(out)}\n")
    (out / "SHA256SUMS").write_text("".join(lines))
