"""Checkpoints in the precisions that artists have them in, with whole runs: half precision, 8 bits with and without factors,
and GGUF's blocks; FLUX, Stable Diffusion 1, 2, 3.5 and XL, their denoisers, text encoders and autoencoders in files of their own.
See README.md.

    python precisions.py FOLDERS WORK OUT [all]
        FOLDERS: the unpacked models.zip; WORK/torch: modules of them; OUT/models, OUT/precisions.json; WORK/torch gets what record.py runs
        all: more precisions than testdata holds

Each file's numbers as torch's or GGUF's own package decodes them are what diffusers runs with, in float32.
"""
import json, os, shutil, sys
import numpy as np, torch, diffusers, gguf, transformers
from safetensors.torch import save_file
from checkpoints import checkpoint, kept, ldm_flux, ldm_sd3, ldm_unet, ldm_vae, open_clip
from forms import LDM, coarse, load, modules, read, settled

LARGEST = {torch.float8_e4m3fn: 448.0, torch.float8_e5m2: 57344.0}


def decoded(rename, state, change):
    """A module's state after its tensors were changed under the original code's names: every number goes back to where it came from."""
    places, n = {}, 0
    for k, v in state.items():
        places[k] = torch.arange(n, n + v.numel()).reshape(v.shape)
        n += v.numel()
    flat = torch.zeros(n)
    values, where = change(rename(state)), rename(places)
    for k, at in where.items():
        flat[at.flatten()] = values[k].flatten().float()
    return {k: flat[at] for k, at in places.items()}


# Safetensors: what is written, and the numbers that it stands for.


def halves(state):
    """F16."""
    file = {k: v.half() for k, v in state.items()}
    return file, {k: v.float() for k, v in file.items()}


def eights(kind, factors):
    """8 bits in the matrices, each with a factor in float32 (ComfyUI's scaled_fp8) or none; the others in bfloat16."""

    def encode(state):
        file, numbers = {}, {}
        for k, v in state.items():
            if v.ndim != 2:
                file[k] = v.bfloat16()
                numbers[k] = file[k].float()
                continue
            factor = v.abs().max() / LARGEST[kind] if factors else torch.tensor(1.0)
            file[k] = (v / factor).clamp(-LARGEST[kind], LARGEST[kind]).to(kind)
            numbers[k] = file[k].float() * factor
            if factors:
                file[k.removesuffix("weight") + "scale_weight"] = factor.clone()
        if factors:
            file["scaled_fp8"] = torch.zeros(2, dtype=kind)
        return file, numbers

    return encode


# GGUF. Blocks of 256 have no encoder in the gguf package: these are plain ones; that package decodes them.


def q4_k(x):
    sub = x.reshape(-1, 8, 32)
    least = np.maximum(0, -sub.min(2))
    step = (sub.max(2) + least) / 15
    d, dmin = (np.float16(np.maximum(v.max(1), 1e-6) / 63) for v in (step, least))
    steps, leasts = (np.clip(np.round(v / np.float32(f)[:, None]), 0, 63).astype(np.uint8) for v, f in ((step, d), (least, dmin)))
    unit = np.maximum(np.float32(d)[:, None] * steps, 1e-9)[..., None]
    q = np.clip(np.round((sub + (np.float32(dmin)[:, None] * leasts)[..., None]) / unit), 0, 15).astype(np.uint8)
    packed = np.zeros((len(sub), 12), np.uint8)
    packed[:, 0:4] = steps[:, :4] | (steps[:, 4:] >> 4) << 6
    packed[:, 4:8] = leasts[:, :4] | (leasts[:, 4:] >> 4) << 6
    packed[:, 8:12] = steps[:, 4:] & 15 | (leasts[:, 4:] & 15) << 4
    nibbles = (q[:, 0::2] | q[:, 1::2] << 4).reshape(len(sub), 128)
    return np.concatenate([d[:, None].view(np.uint8), dmin[:, None].view(np.uint8), packed, nibbles], 1)


def q6_k(x):
    sub = x.reshape(-1, 16, 16)
    step = np.abs(sub).max(2) / 31
    d = np.float16(np.maximum(step.max(1), 1e-6) / 127)
    steps = np.clip(np.round(step / np.float32(d)[:, None]), 1, 127).astype(np.int8)
    q = (np.clip(np.round(sub / (np.float32(d)[:, None] * steps)[..., None]), -32, 31) + 32).astype(np.uint8).reshape(-1, 2, 4, 32)
    low = np.stack([q[:, :, 0] & 15 | (q[:, :, 2] & 15) << 4, q[:, :, 1] & 15 | (q[:, :, 3] & 15) << 4], 2).reshape(len(sub), 128)
    high = (q[:, :, 0] >> 4 | q[:, :, 1] >> 4 << 2 | q[:, :, 2] >> 4 << 4 | q[:, :, 3] >> 4 << 6).reshape(len(sub), 64)
    return np.concatenate([low, high, steps.view(np.uint8), d[:, None].view(np.uint8)], 1)


OWN = {"Q4_K": q4_k, "Q6_K": q6_k}
INSTEAD = {"Q4_K": "Q5_0", "Q6_K": "Q8_0"}  # where rows are not whole blocks, as llama.cpp's quantiser does


def blocks(v, kind):
    """An array's blocks and the numbers that they stand for, by the gguf package."""
    which = getattr(gguf.GGMLQuantizationType, kind)
    if kind in OWN:
        raw = OWN[kind](v.reshape(-1, 256)).reshape(*v.shape[:-1], -1)
    else:
        raw = gguf.quants.quantize(v, which)
    numbers = gguf.quants.dequantize(raw, which)
    assert np.abs(numbers - v).max() < 0.3 * np.abs(v).max(), kind
    return raw, numbers, which


def write_gguf(path, state, kind, arch, reshaped=False):
    """A GGUF file as ComfyUI-GGUF's converter and llama.cpp's quantiser write it; the numbers that it stands for. reshaped: of
    networks with convolutions, whose numbers are stored in rows of 256 beside the shape."""
    w, numbers = gguf.GGUFWriter(path, arch), {}
    width = {"Q4_K": 256, "Q6_K": 256}
    for name, t in state.items():
        v = t.float().numpy()
        shape, kept_as = v.shape, kind
        if kind not in (None, "F16"):
            if reshaped and v.ndim > 1 and v.size >= 512 and v.size % 256 == 0 and v.shape[-1] % 256:
                v = v.reshape(-1, 256)
                w.add_array("comfy.gguf.orig_shape." + name, list(shape))
            if v.shape[-1] % width.get(kind, 32):
                kept_as = INSTEAD.get(kind, "F16")
            if v.shape[-1] % 32 and kept_as != "F32":
                kept_as = "F16"
        if v.ndim == 1 or v.ndim != 2 and kept_as != "F16":
            kept_as = "F32"
        if kept_as in ("F16", "F32"):
            v = v.astype(np.float16 if kept_as == "F16" else np.float32)
            w.add_tensor(name, v)
            numbers[name] = torch.from_numpy(v.astype(np.float32)).reshape(shape)
        else:
            raw, as_numbers, which = blocks(np.ascontiguousarray(v), kept_as)
            w.add_tensor(name, raw, raw_dtype=which)
            numbers[name] = torch.from_numpy(as_numbers.copy()).reshape(shape)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    return numbers


# llama.cpp's names of T5's encoder.
LLAMA = {"SelfAttention.q": "attn_q", "SelfAttention.k": "attn_k", "SelfAttention.v": "attn_v", "SelfAttention.o": "attn_o", "SelfAttention.relative_attention_bias": "attn_rel_b",
         "DenseReluDense.wi_0": "ffn_gate", "DenseReluDense.wi_1": "ffn_up", "DenseReluDense.wo": "ffn_down", "layer.0.layer_norm": "attn_norm", "layer.1.layer_norm": "ffn_norm"}


def llama_t5(state):
    out = {}
    for name, t in state.items():
        part = name.split(".")
        if part[0] == "encoder" and part[1] == "block":
            rest = ".".join(part[3:-1])
            rest = rest if "layer_norm" in rest else rest.split(".", 2)[2]
            out[f"enc.blk.{part[2]}.{LLAMA[rest]}.weight"] = t
        elif name != "encoder.embed_tokens.weight":
            out[{"shared.weight": "token_embd.weight", "encoder.final_layer_norm.weight": "enc.output_norm.weight"}[name]] = t
    return out


def denoiser(cls, config, seed):
    torch.manual_seed(seed)
    m = cls.from_config(config)
    with torch.no_grad():
        for p in m.parameters():
            if p.ndim == 1:
                p.copy_(0.1 * torch.randn_like(p) + (p.mean() > 0.5))
            else:
                p.mul_(1.5)
    return coarse(m, 2)


def text_encoder(cls, config, seed):
    torch.manual_seed(seed)
    return coarse(cls(config), 2)


FURTHER = ("flux-F16.", "flux-F8_E4M3.", "flux-Q5_0.", "sdxl-F8_E5M2.", "sd1-F8_E5M2-scaled.", "sd1-Q4_K.", "sd1-Q5_0.", "sd2v-F8_E5M2.", "sd2v-F16.", "sd2v-Q4_0.")  # with all


class Split:
    """A folder as ComfyUI has them: a denoiser's file in several precisions, text_encoders/ and vae/ beside."""

    def __init__(self, folders, work, out, name, source, parts, rename, scheduler):
        self.work, self.name, self.source, self.parts, self.rename, self.folders = work, name, source, parts, rename, folders
        self.to, self.scheduler = os.path.join(out, "models", name), scheduler
        self.index = read(folders, source, "model_index.json")
        self.denoiser = "transformer" if "transformer" in parts else "unet"
        shutil.rmtree(self.to, ignore_errors=True)
        for folder in ("text_encoders", "vae"):
            os.makedirs(os.path.join(self.to, folder))

    def text(self, slot, file, encode):
        """Writes a text encoder, whose numbers are then those of the file."""
        state = kept(self.parts[slot].state_dict())
        if file.endswith(".gguf"):
            numbers = decoded(llama_t5, state, lambda s: write_gguf(os.path.join(self.to, "text_encoders", file), s, encode, "t5encoder"))
        else:
            state = {k: v for k, v in state.items() if k != "encoder.embed_tokens.weight"}
            data, numbers = encode(state)
            if file in ("clip_g.safetensors", "clip_h.safetensors"):  # in OpenCLIP's names: of this size, transformers' would be taken for the small one's
                data = encode(open_clip(state, file == "clip_h.safetensors"))[0]
            save_file({k: v.contiguous() for k, v in data.items()}, os.path.join(self.to, "text_encoders", file))
        if "shared.weight" in numbers:
            numbers["encoder.embed_tokens.weight"] = numbers["shared.weight"]
        self.parts[slot].load_state_dict(numbers, strict=False)

    def vae(self, file):
        state = {k: v.bfloat16() for k, v in ldm_vae(self.parts["vae"].state_dict(), len(self.parts["vae"].config.block_out_channels)).items()}
        save_file({k: v.contiguous() for k, v in state.items()}, os.path.join(self.to, "vae", file))

    def write(self, file, encode=None, kind=None, arch=None):
        """The denoiser in a precision, and what diffusers runs with."""
        m, path = self.parts[self.denoiser], os.path.join(self.to, file)
        was = {k: v.clone() for k, v in m.state_dict().items() if k != "pos_embed.pos_embed"}

        def change(state):
            if kind:
                return write_gguf(path, state, kind, arch, reshaped=self.denoiser == "unet")
            data, numbers = encode(state)
            save_file({k: v.contiguous() for k, v in data.items()}, path)
            return numbers

        state = dict(m.state_dict()) if "pos_embed.pos_embed" in m.state_dict() else was
        m.load_state_dict(decoded(self.rename, state, change))
        stem = file.rsplit(".", 1)[0]
        settings = os.path.join(self.to, stem)
        settled(self.folders, self.source, settings, self.parts, self.index)
        modules(self.work, stem, self.parts, settings, self.scheduler, self.index)
        m.load_state_dict(state)


def main():
    folders, work, out = sys.argv[1:4]
    tiny = lambda name, part: coarse(load(os.path.join(work, "torch", name), part), 2 if part == "unet" else 1)
    config = lambda name, part: read(work, "torch", name, part, "config.json")
    t5 = lambda wide, seed: text_encoder(transformers.T5EncoderModel, transformers.T5Config(**{**config("flux", "text_encoder_2"), "d_model": wide}), seed)
    flow = lambda **more: dict(_class_name="FlowMatchEulerDiscreteScheduler", num_train_timesteps=1000, **more)
    cases, every = [], "all" in sys.argv[4:]

    def case(folder, file, pipeline, **more):
        cases.append(dict(dict(name="precision-" + file.rsplit(".", 1)[0], kind="precision", model=f"{folder}/{file}", pipeline=pipeline, prompt="a red fox in the snow", seed=80 + len(cases), steps=4, width=64, height=64), **more))

    eight, five = torch.float8_e4m3fn, torch.float8_e5m2
    # FLUX
    wide = dict(config("flux", "transformer"), attention_head_dim=16, axes_dims_rope=[4, 4, 8], joint_attention_dim=256)
    parts = dict(transformer=denoiser(diffusers.FluxTransformer2DModel, wide, 1), text_encoder=tiny("flux", "text_encoder"), text_encoder_2=t5(256, 2), vae=tiny("flux", "vae"))
    s = Split(folders, work, out, "flux-split", "flux", parts, ldm_flux, flow(base_image_seq_len=256, base_shift=0.5, max_image_seq_len=4096, max_shift=1.15, shift=3.0, use_dynamic_shifting=True))
    s.text("text_encoder", "clip_l.safetensors", halves)
    s.text("text_encoder_2", "t5xxl-Q4_K.gguf", "Q4_K")
    s.vae("ae.safetensors")
    for file, more in (("flux-F16.safetensors", dict(encode=halves)), ("flux-F8_E4M3.safetensors", dict(encode=eights(eight, False))), ("flux-F8_E4M3-scaled.safetensors", dict(encode=eights(eight, True))),
                       ("flux-F8_E5M2-scaled.safetensors", dict(encode=eights(five, True))), ("flux-Q8_0.gguf", dict(kind="Q8_0")), ("flux-Q5_0.gguf", dict(kind="Q5_0")), ("flux-Q4_0.gguf", dict(kind="Q4_0")), ("flux-Q4_K.gguf", dict(kind="Q4_K"))):
        if every or not file.startswith(FURTHER):
            s.write(file, arch="flux", **more)
            case("flux-split", file, "FluxPipeline", guidance_scale=3.5)
    # Stable Diffusion 3.5
    wide = dict(config("sd3", "transformer"), attention_head_dim=16, caption_projection_dim=32, qk_norm="rms_norm", dual_attention_layers=[0], joint_attention_dim=64)
    parts = dict(transformer=denoiser(diffusers.SD3Transformer2DModel, wide, 3), text_encoder=tiny("sd3", "text_encoder"), text_encoder_2=tiny("sd3", "text_encoder_2"), text_encoder_3=t5(64, 4), vae=tiny("sd3", "vae"))
    s = Split(folders, work, out, "sd35-split", "sd3", parts, lambda state: ldm_sd3(state, wide["num_layers"] - 1), flow(shift=3.0))
    s.text("text_encoder", "clip_l.safetensors", halves)
    s.text("text_encoder_2", "clip_g.safetensors", halves)
    s.text("text_encoder_3", "t5xxl_fp8_e4m3fn_scaled.safetensors", eights(eight, True))
    s.vae("sd3_vae.safetensors")
    for file, more in (("sd35-F8_E4M3.safetensors", dict(encode=eights(eight, False))), ("sd35-Q8_0.gguf", dict(kind="Q8_0")), ("sd35-Q4_K.gguf", dict(kind="Q4_K"))):
        if every or not file.startswith(FURTHER):
            s.write(file, arch="sd3", **more)
            case("sd35-split", file, "StableDiffusion3Pipeline", guidance_scale=5.0, negative_prompt="blurry")
    # Stable Diffusion XL
    parts = {p: tiny("sdxl", p) for p in ("unet", "text_encoder", "text_encoder_2", "vae")}
    up = [i for i, k in enumerate(parts["unet"].config.up_block_types) if k.startswith("Cross")]
    s = Split(folders, work, out, "sdxl-split", "sdxl", parts, lambda state: ldm_unet(state, parts["unet"].config.layers_per_block, up), read(folders, "sdxl", "scheduler", "scheduler_config.json"))
    s.text("text_encoder", "clip_l.safetensors", halves)
    s.text("text_encoder_2", "clip_g.safetensors", halves)
    s.vae("sdxl_vae.safetensors")
    for file, more in (("sdxl-F16.safetensors", dict(encode=halves)), ("sdxl-F8_E5M2.safetensors", dict(encode=eights(five, False))), ("sdxl-Q4_K.gguf", dict(kind="Q4_K")), ("sdxl-Q6_K.gguf", dict(kind="Q6_K"))):
        if every or not file.startswith(FURTHER):
            s.write(file, arch="sdxl", **more)
            case("sdxl-split", file, "StableDiffusionXLPipeline", guidance_scale=5.0)
    # Stable Diffusion 1 and 2
    for name, folder, text, scheduler, files in (
        ("sd1", "sd1-split", "clip_l.safetensors", dict(LDM, _class_name="PNDMScheduler", skip_prk_steps=True),
         (("sd1-F8_E4M3.safetensors", dict(encode=eights(eight, False))), ("sd1-F8_E5M2.safetensors", dict(encode=eights(five, False))), ("sd1-F8_E5M2-scaled.safetensors", dict(encode=eights(five, True))),
          ("sd1-Q8_0.gguf", dict(kind="Q8_0")), ("sd1-Q4_0.gguf", dict(kind="Q4_0")), ("sd1-Q4_K.gguf", dict(kind="Q4_K")), ("sd1-Q5_0.gguf", dict(kind="Q5_0")))),
        ("sd2v", "sd2-split", "clip_h.safetensors", dict(LDM, _class_name="DDIMScheduler", prediction_type="v_prediction"),
         (("sd2v-F16.safetensors", dict(encode=halves)), ("sd2v-F8_E4M3.safetensors", dict(encode=eights(eight, True))), ("sd2v-F8_E5M2.safetensors", dict(encode=eights(five, False))),
          ("sd2v-Q8_0.gguf", dict(kind="Q8_0")), ("sd2v-Q4_0.gguf", dict(kind="Q4_0"))))):
        parts = {p: tiny(name, p) for p in ("unet", "text_encoder", "vae")}
        up = [i for i, k in enumerate(parts["unet"].config.up_block_types) if k.startswith("Cross")]
        s = Split(folders, work, out, folder, name, parts, lambda state: ldm_unet(state, parts["unet"].config.layers_per_block, up), scheduler)
        s.text("text_encoder", text, halves)
        s.vae(name + "_vae.safetensors")
        for file, more in files:
            if every or not file.startswith(FURTHER):
                s.write(file, arch="sd1", **more)
                case(folder, file, "StableDiffusionPipeline", guidance_scale=7.0, negative_prompt="blurry")
    # one file in half precision, as most of Stable Diffusion 1's are
    parts = {p: tiny("sd1", p) for p in ("unet", "text_encoder", "vae")}
    configs = {p: dict(m.config) if hasattr(m.config, "items") else m.config.to_dict() for p, m in parts.items()}
    save_file({k: v.half().contiguous() for k, v in checkpoint("sd1", parts, configs).items()}, os.path.join(out, "models", "sd1-F16.safetensors"))
    for m in parts.values():
        m.load_state_dict({k: v.half().float() if v.is_floating_point() else v for k, v in m.state_dict().items()})
    index = read(folders, "sd1", "model_index.json")
    settled(folders, "sd1", os.path.join(out, "models", "sd1-F16"), parts, index)
    modules(work, "sd1-F16", parts, os.path.join(out, "models", "sd1-F16"), dict(LDM, _class_name="PNDMScheduler", skip_prk_steps=True), index)
    cases.append(dict(name="precision-sd1-F16", kind="precision", model="sd1-F16.safetensors", pipeline="StableDiffusionPipeline", prompt="a red fox in the snow", seed=80 + len(cases), steps=4, width=64, height=64, guidance_scale=7.0))
    with open(os.path.join(out, "precisions.json"), "w") as f:
        json.dump(dict(cases=cases), f)


if __name__ == "__main__":
    main()
