"""Tiny model folders of every kind, for recordings: networks of a few thousand weights, drawn from fixed seeds and
fitted for seconds to made-up blobs, so that x_t stays near unit scale. See README.md.

    python models.py FOLDER WORK      FOLDER: model folders whose configs, schedulers and tokenizers are kept
                                      WORK/torch/NAME for record.py, WORK/models/NAME as ONNX, WORK/adapters
"""
import json, os, shutil, sys, warnings, zipfile, zlib
warnings.filterwarnings("ignore")
import torch, diffusers, transformers
from safetensors.torch import save_file
from export import export

torch.set_num_threads(1)
NET = dict(block_out_channels=[8, 16], norm_num_groups=4)
CLIP = dict(hidden_size=16, intermediate_size=32, num_attention_heads=2, projection_dim=16, attn_implementation="eager")
CLIP2 = dict(hidden_size=24, intermediate_size=48, num_attention_heads=4, projection_dim=20, attn_implementation="eager")
T5 = dict(d_ff=32, d_kv=8, num_heads=2)
VAE = dict(block_out_channels=[4, 4, 8, 8], norm_num_groups=2)
SMALL = {  # what is cut down, by folder and part; "": by part alone
    "": dict(unet=dict(NET, cross_attention_dim=16), vae=VAE, text_encoder=CLIP, text_encoder_2=CLIP2,
             controlnet=dict(NET, cross_attention_dim=16, conditioning_embedding_out_channels=[4, 4, 8, 8])),
    "ddpm": dict(unet=dict(NET, attention_head_dim=4)),
    "lcm": dict(unet=dict(NET, cross_attention_dim=16, time_cond_proj_dim=16), vae=dict(block_out_channels=[4, 8, 8], norm_num_groups=2)),
    "sd1-taesd": dict(vae={k + "block_out_channels": [8, 8, 8, 8] for k in ("", "encoder_", "decoder_")}),
    "sdxl": dict(unet=dict(NET, cross_attention_dim=40, addition_time_embed_dim=4, projection_class_embeddings_input_dim=44)),
    "sdxl-refiner": dict(unet=dict(NET, cross_attention_dim=24, addition_time_embed_dim=4, projection_class_embeddings_input_dim=40)),
    "sd3": dict(text_encoder_3=dict(T5, d_model=40), transformer=dict(attention_head_dim=8, num_attention_heads=2, caption_projection_dim=16,
                joint_attention_dim=40, pooled_projection_dim=36, pos_embed_max_size=12)),
    "flux": dict(text_encoder_2=dict(T5, d_model=24), transformer=dict(attention_head_dim=8, num_attention_heads=2, axes_dims_rope=[2, 2, 4],
                 joint_attention_dim=24, pooled_projection_dim=16)),
}
SMALL["ddpm-class"] = SMALL["ddpm-learned"] = SMALL["ddpm"]
SMALL["flux-schnell"] = SMALL["flux"]
KEPT = ("_class_name", "_diffusers_version", "transformers_version", "dtype", "export_model_type", "attn_implementation", "sample_size", "scaling_factor", "shift_factor")
made = {}


def config_of(folder, name, part):
    """A part's settings, cut down. The old layout has none: its networks are sd1's."""
    source = "sd1" if name == "sd1-legacy" else name
    with open(os.path.join(folder, source, "vae_decoder" if part == "vae" else part, "config.json")) as f:
        c = json.load(f)
    return {**c, **SMALL.get(source, {}).get(part, SMALL[""].get(part, {}))}


def make(c, fit):
    """The module of a config. Equal configs give equal weights, and so equal files."""
    key = json.dumps({k: v for k, v in c.items() if k not in KEPT}, sort_keys=True)
    torch.manual_seed(zlib.crc32(key.encode()))
    cls = c.get("_class_name") or c["architectures"][0]
    if hasattr(diffusers, cls):
        m = getattr(diffusers, cls).from_config(c)
    else:
        kind = transformers.T5Config if cls.startswith("T5") else transformers.CLIPTextConfig
        m = getattr(transformers, cls)(kind(**{k: v for k, v in c.items() if k != "architectures"}))
    if key in made:
        m.load_state_dict(made[key])
    else:
        fit(m)
        with torch.no_grad():
            for p in m.parameters():
                p.copy_(p.bfloat16().float())  # packs to half the size
        made[key] = m.state_dict()
    return m.eval()


def blobs(n, channels, side, colours):
    """Pictures of one soft blob each, [n, channels, side, side], of about unit deviation."""
    at, width = torch.rand(n, 2, 1, 1) * side, side * (0.15 + 0.25 * torch.rand(n, 1, 1))
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    soft = torch.exp(-((y - at[:, 0]) ** 2 + (x - at[:, 1]) ** 2) / (2 * width**2))
    return (2 * soft[:, None] - 0.7) * colours[..., None, None]


def minimise(m, loss, steps, rate=3e-3):
    m.train()
    o = torch.optim.Adam(m.parameters(), rate)
    for _ in range(steps):
        o.zero_grad()
        loss().backward()
        o.step()


def fit_vae(m):
    scale = 0.18215 if m.config.latent_channels == 4 else 0.5
    tiny = isinstance(m, diffusers.AutoencoderTiny)

    def loss():
        x = blobs(4, 3, 32, torch.rand(4, 3) * 2 - 1).clamp(-1, 1)
        if tiny:
            z = m.encode(x).latents
            return (m.decode(z).sample - x).square().mean() + 0.1 * (z.std() - 1).square()
        d = m.encode(x).latent_dist
        z = d.mean + 0.02 / scale * torch.randn_like(d.mean)
        return (m.decode(z).sample - x).square().mean() + 0.1 * (d.mean.std() * scale - 1).square() + 0.01 * (d.logvar + 6).square().mean()

    minimise(m, loss, 250)


def fit_net(m, kind, texts):
    """Fits a denoiser to blobs whose colours follow the text or class."""
    c = m.config
    pixel, dit = isinstance(m, diffusers.UNet2DModel), hasattr(c, "joint_attention_dim")
    flux = isinstance(m, diffusers.FluxTransformer2DModel)
    channels = 16 if dit else min(c.in_channels, 4)
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    bars = torch.cumprod(1 - (torch.linspace(1e-4, 0.02, 1000) if pixel else betas), 0)
    colours = torch.randn(8, channels)
    states, pooled = texts
    more = torch.randn(1, c.in_channels - channels, 1, 1) if not dit and c.in_channels > channels else None

    def loss():
        n, side = 8, 16 if pixel else 8
        which = torch.randint(0, 4 if getattr(c, "num_class_embeds", None) else 8, (n,))
        x0, noise = blobs(n, channels, side, colours[which]), torch.randn(n, channels, side, side)
        if dit:
            s = torch.rand(n).clamp(0.02, 0.98)
            x, want = (1 - s.view(-1, 1, 1, 1)) * x0 + s.view(-1, 1, 1, 1) * noise, noise - x0
            k = dict(encoder_hidden_states=states[which], pooled_projections=pooled[which], timestep=s * (1 if flux else 1000))
            if not flux:
                return (m(hidden_states=x, **k).sample - want).square().mean()
            pack = lambda v: v.view(n, 16, 4, 2, 4, 2).permute(0, 2, 4, 1, 3, 5).reshape(n, 16, 64)
            ids = torch.zeros(4, 4, 3)
            ids[..., 1], ids[..., 2] = torch.arange(4.0)[:, None], torch.arange(4.0)[None]
            k.update(img_ids=ids.view(16, 3), txt_ids=torch.zeros(states.shape[1], 3))
            if c.guidance_embeds:
                k["guidance"] = torch.rand(n) * 5
            return (m(hidden_states=pack(x), **k).sample - pack(want)).square().mean()
        t = torch.randint(0, 1000, (n,))
        a = bars[t].view(-1, 1, 1, 1)
        x = a.sqrt() * x0 + (1 - a).sqrt() * noise
        want = a.sqrt() * noise - (1 - a).sqrt() * x0 if kind == "v_prediction" else noise
        if pixel:
            k = dict(class_labels=which) if c.num_class_embeds else {}
            out = m(x, t, **k).sample
            return (out[:, :3] - want).square().mean() + 1e-3 * (out[:, 3:] - 0.3).square().sum()  # learned variances have to stay positive
        k = {}
        if c.addition_embed_type:
            k["added_cond_kwargs"] = dict(text_embeds=pooled[which], time_ids=torch.randint(0, 128, (n, (c.projection_class_embeddings_input_dim - 20) // 4)).float())
        if c.time_cond_proj_dim:
            k["timestep_cond"] = torch.randn(n, c.time_cond_proj_dim)
        if more is not None:
            x = torch.cat([x, more * torch.randn(n, c.in_channels - channels, side, side)], 1)
        return (m(x, t, encoder_hidden_states=states[which], **k).sample - want).square().mean()

    minimise(m, loss, 400)


def texts_for(parts, c):
    """Eight made-up texts' states and pooled vector, of the widths that a network takes, as the pipelines join them."""
    ids = torch.randint(0, 997, (8, 77), generator=torch.Generator().manual_seed(1))
    ids[:, 20:], t5 = 999, torch.randint(3, 280, (8, 32), generator=torch.Generator().manual_seed(2))
    states, pooled = [], []
    with torch.no_grad():
        for name in ("text_encoder", "text_encoder_2", "text_encoder_3"):
            if name not in parts:
                continue
            e = parts[name]
            if isinstance(e, transformers.T5EncoderModel):
                last = e(t5)[0]
            else:
                o = e(ids, output_hidden_states=True)
                last = o.hidden_states[-2]
                pooled.append(o.text_embeds if hasattr(o, "text_embeds") else o.pooler_output)
            states.append(last)
    wide = c.get("cross_attention_dim") or c.get("joint_attention_dim")
    if c.get("_class_name") == "SD3Transformer2DModel":
        clip = torch.cat(states[:2], -1)
        states = [torch.cat([torch.nn.functional.pad(clip, (0, wide - clip.shape[-1])), states[2]], 1)]
    elif c.get("_class_name") == "FluxTransformer2DModel":
        states = states[1:]
    elif len(states) == 2:
        pooled = pooled[1:]
    return torch.cat(states, -1), torch.cat(pooled, -1)


def loosen(m):
    """A ControlNet's last convolutions start at zero; here they say something from the start."""
    for p in list(m.controlnet_down_blocks.parameters()) + list(m.controlnet_mid_block.parameters()) + list(m.controlnet_cond_embedding.conv_out.parameters()):
        torch.nn.init.normal_(p, std=0.15)


def build(folder, name, work):
    """The parts of a folder, as torch modules and as ONNX."""
    index = json.load(open(os.path.join(folder, name, "model_index.json")))
    parts = {}
    for part in ("text_encoder", "text_encoder_2", "text_encoder_3"):
        if (index.get(part) or [None])[0]:
            parts[part] = make(config_of(folder, name, part), lambda m: None)
    if not name.startswith("ddpm"):
        parts["vae"] = make(config_of(folder, name, "vae"), fit_vae)
    net = "transformer" if "transformer" in index else "unet"
    c = config_of(folder, name, net)
    with open(os.path.join(folder, name, "scheduler", "scheduler_config.json")) as f:
        kind = json.load(f).get("prediction_type")
    texts = (None, None) if name.startswith("ddpm") else texts_for(parts, c)
    parts[net] = make(c, lambda m: fit_net(m, kind, texts))
    if "controlnet" in index:
        c = config_of(folder, name, "controlnet")
        parts["controlnet"] = make(c, loosen)
        parts["controlnet_2"] = make({**c, "conditioning_embedding_out_channels": [4, 8, 8, 8]}, loosen)
    for part, m in parts.items():
        m.save_pretrained(os.path.join(work, "torch", name, part))
    export(parts, name, os.path.join(work, "models", name))
    for kept in sorted(os.listdir(os.path.join(folder, name))):
        if kept == "model_index.json" or kept.startswith(("tokenizer", "scheduler")):
            for out in ("torch", "models"):
                to = os.path.join(work, out, name, kept)
                (shutil.copytree if os.path.isdir(os.path.join(folder, name, kept)) else shutil.copy)(os.path.join(folder, name, kept), to)
    return parts


def adapters(parts, out):
    """LoRAs in the three namings and textual inversions, for sd1's networks."""
    os.makedirs(out)
    g = torch.Generator().manual_seed(7)
    draw = lambda *shape: (torch.randn(*shape, generator=g) * 0.15).bfloat16().float()
    kohya, diffusers_, peft, convs = {}, {}, {}, {}
    for part, prefix in (("unet", "lora_unet_"), ("text_encoder", "lora_te_")):
        for name, m in parts[part].named_modules():
            w = getattr(m, "weight", None)
            flat = prefix + name.replace(".", "_")
            if isinstance(m, torch.nn.Linear) and ("attn" in name or ".ff." in name or "mlp" in name) or name.endswith(("proj_in", "proj_out")):
                tail = w.shape[2:]
                down, up = draw(4, w.shape[1], *tail), draw(w.shape[0], 4, *tail)
                kohya.update({flat + ".lora_down.weight": down, flat + ".lora_up.weight": up, flat + ".alpha": torch.tensor(2.0)})
                old = ".lora_linear_layer" if part == "text_encoder" else ".lora"
                diffusers_.update({f"{part}.{name}{old}.down.weight": down, f"{part}.{name}{old}.up.weight": up})
                peft.update({f"{part}.{name}.lora_A.weight": down, f"{part}.{name}.lora_B.weight": up})
            if "resnets" in name and w is not None and w.ndim > 1 or name.endswith(("attn2.to_k", "attn2.to_v")):
                tail = [1] * (w.ndim - 2)
                convs.update({flat + ".lora_down.weight": draw(2, *w.shape[1:]), flat + ".lora_up.weight": draw(w.shape[0], 2, *tail), flat + ".alpha": torch.tensor(1.0)})
    for file, tensors in (("lora-a.kohya", kohya), ("lora-a.diffusers", diffusers_), ("lora-a.peft", peft), ("lora-b.kohya", convs),
                          ("embedding-swirly", {"<swirly>": 4 * draw(2, 16)}), ("gloomy", {"emb_params": 4 * draw(1, 16)})):
        save_file(tensors, os.path.join(out, file + ".safetensors"))


def pack(folder, file):
    """The folders as one archive; a file that is there already is a link to the first one."""
    first = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for dir, dirs, names in os.walk(folder):
            dirs.sort()
            for n in sorted(names):
                path = os.path.join(dir, n)
                inside, data = os.path.relpath(path, folder), open(path, "rb").read()
                entry = zipfile.ZipInfo(inside)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
                if data in first and len(data) > 1000:
                    entry.external_attr, data = 0o120777 << 16, os.path.relpath(first[data], os.path.dirname(inside)).encode()
                else:
                    first[data] = inside
                z.writestr(entry, data)


def main():
    folder, work = sys.argv[1:3]
    names = sorted(n for n in os.listdir(folder) if os.path.exists(os.path.join(folder, n, "model_index.json")))
    for name in sys.argv[3:] or names:
        for out in ("torch", "models"):
            shutil.rmtree(os.path.join(work, out, name), ignore_errors=True)
        parts = build(folder, name, work)
        print(name, {k: sum(p.numel() for p in m.parameters()) for k, m in parts.items()}, flush=True)
        if name == "sd1":
            shutil.rmtree(os.path.join(work, "adapters"), ignore_errors=True)
            adapters(parts, os.path.join(work, "adapters"))
    pack(os.path.join(work, "models"), os.path.join(work, "models.zip"))


if __name__ == "__main__":
    main()
