"""Networks as ONNX, with the inputs, outputs and names that optimum's exporter gives them."""
import functools, json, os, warnings
import diffusers, torch

ROWS = {0: "batch_size"}
SPACE = {0: "batch_size", 2: "height", 3: "width"}
STATES = {0: "batch_size", 1: "sequence_length"}


def write(m, path, forward, inputs, outputs, axes, opset=17):
    """Traces forward(m, *inputs) and writes the graph. The module itself is traced, so that nodes are named after its parts."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    flux = diffusers.models.transformers.transformer_flux
    m.forward, given = functools.partial(forward, m), (torch.nn.functional.rms_norm, flux.apply_rotary_emb)
    torch.nn.functional.rms_norm, flux.apply_rotary_emb = rms_norm, rotate
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(m, tuple(inputs.values()), path, input_names=list(inputs), output_names=outputs, opset_version=opset, dynamo=False,
                              dynamic_axes={n: a for n, a in axes.items() if a and (n in inputs or n in outputs)}, do_constant_folding=True)
    finally:
        del m.forward
        torch.nn.functional.rms_norm, flux.apply_rotary_emb = given
    if hasattr(m, "config"):
        with open(os.path.join(os.path.dirname(path), "config.json"), "w") as f:
            c = m.config.to_diff_dict() if hasattr(m.config, "to_diff_dict") else dict(m.config)
            json.dump({k: v for k, v in c.items() if k != "_name_or_path"}, f, indent=2, sort_keys=True)


def rms_norm(x, shape, weight=None, eps=None):
    """torch's own has no ONNX operator in this opset."""
    x = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + (torch.finfo(x.dtype).eps if eps is None else eps))
    return x if weight is None else x * weight


def rotate(x, freqs, sequence_dim=2):
    """diffusers' rotary embedding without its reshape, which the trace would fix to one length."""
    cos, sin = (f[None, :, None] if sequence_dim == 1 else f[None, None] for f in freqs)
    return x * cos + torch.stack([-x[..., 1::2], x[..., 0::2]], -1).flatten(3) * sin


def plain(m):
    """The class's own forward, which write replaces for the trace."""
    return functools.partial(type(m).forward, m)


def text(m, path, legacy, hidden):
    ids = torch.arange(77, dtype=torch.int32 if legacy else torch.int64).repeat(2, 1) % 500
    if "T5" in type(m).__name__:
        return write(m, path, lambda m, ids: plain(m)(ids)[0], {"input_ids": ids}, ["last_hidden_state"], {"input_ids": STATES, "last_hidden_state": STATES})
    projected = "Projection" in type(m).__name__

    def forward(m, ids):
        o = plain(m)(ids, output_hidden_states=hidden)
        out = (o.text_embeds, o.last_hidden_state) if projected else (o.last_hidden_state, o.pooler_output)
        return out + (tuple(o.hidden_states) if hidden else ())

    outputs = ["text_embeds", "last_hidden_state"] if projected else ["last_hidden_state", "pooler_output"]
    if hidden:
        outputs += [f"hidden_states.{k}" for k in range(m.config.num_hidden_layers + 1)]
    axes = {n: ROWS if n in ("text_embeds", "pooler_output") else STATES for n in ["input_ids"] + outputs}
    write(m, path, forward, {"input_ids": ids}, outputs, axes, 14 if legacy else 17)


def vae(m, folder, legacy):
    from diffusers import AutoencoderTiny
    tiny, opset = isinstance(m, AutoencoderTiny), 14 if legacy else 17
    x, z = torch.rand(2, 3, 32, 32), torch.rand(2, m.config.latent_channels, 4, 4)
    if tiny or legacy:  # the old layout draws from the posterior within the graph
        encode, out = lambda m, x: m.encode(x).latents if tiny else m.encode(x).latent_dist.sample(), "latent_sample"
    else:
        encode, out = lambda m, x: m.encode(x).latent_dist.parameters, "latent_parameters"
    write(m, os.path.join(folder, "vae_encoder/model.onnx"), encode, {"sample": x}, [out], {"sample": SPACE, out: SPACE}, opset)
    write(m, os.path.join(folder, "vae_decoder/model.onnx"), lambda m, z: m.decode(z).sample, {"latent_sample": z}, ["sample"],
          {"latent_sample": SPACE, "sample": SPACE}, opset)


def unet(m, path, name, controlled):
    c, n, legacy = m.config, 2, name == "sd1-legacy"
    whole = name in ("ddpm", "ddpm-learned")
    t = torch.tensor([501, 501]) if legacy else torch.tensor(501) if whole else torch.tensor(501.0)
    inputs = {"sample": torch.rand(n, c.in_channels, 8, 8), "timestep": t}
    if hasattr(c, "cross_attention_dim"):
        inputs["encoder_hidden_states"] = torch.rand(n, 77, c.cross_attention_dim)
    if getattr(c, "time_cond_proj_dim", None):
        inputs["timestep_cond"] = torch.rand(n, c.time_cond_proj_dim)
    if getattr(c, "addition_embed_type", None):
        ids = 5 if "refiner" in name else 6
        inputs |= {"text_embeds": torch.rand(n, c.projection_class_embeddings_input_dim - ids * c.addition_time_embed_dim), "time_ids": torch.rand(n, ids)}
    if getattr(c, "num_class_embeds", None):
        inputs["class_labels"] = torch.tensor([1, 2])
    a, b = c.block_out_channels
    if controlled:
        for k, (channels, side) in enumerate(((a, 8), (a, 8), (a, 4), (b, 4))):
            inputs[f"down_block_{k}_additional_residual"] = torch.rand(n, channels, side, side)
        inputs["mid_block_additional_residual"] = torch.rand(n, b, 4, 4)
    names = list(inputs)

    def forward(m, *given):
        v = dict(zip(names, given))
        down = tuple(v.pop(k) for k in names if k.startswith("down_block"))
        if down:
            v["down_block_additional_residuals"] = down
        if "time_ids" in v:
            v["added_cond_kwargs"] = dict(text_embeds=v.pop("text_embeds"), time_ids=v.pop("time_ids"))
        return plain(m)(**v, return_dict=False)[0]

    axes = {k: SPACE if v.ndim == 4 else STATES if v.ndim == 3 else ROWS if v.ndim else {} for k, v in inputs.items()}
    write(m, path, forward, inputs, ["out_sample"], {**axes, "out_sample": SPACE}, 14 if legacy else 17)


def controlnet(m, path):
    inputs = {"sample": torch.rand(2, 4, 8, 8), "timestep": torch.tensor(501.0), "encoder_hidden_states": torch.rand(2, 77, m.config.cross_attention_dim),
              "controlnet_cond": torch.rand(2, 3, 64, 64), "conditioning_scale": torch.tensor(1.0)}

    def forward(m, *given):
        down, mid = plain(m)(*given, return_dict=False)
        return *down, mid

    outputs = [f"down_block_{k}_additional_residual" for k in range(4)] + ["mid_block_additional_residual"]
    axes = {k: SPACE for k in ["sample", "controlnet_cond"] + outputs}
    write(m, path, forward, inputs, outputs, {**axes, "encoder_hidden_states": STATES})


def transformer(m, path):
    c = m.config
    inputs = {"hidden_states": torch.rand(2, 16, 8, 8), "encoder_hidden_states": torch.rand(2, 32, c.joint_attention_dim),
              "pooled_projections": torch.rand(2, c.pooled_projection_dim), "timestep": torch.tensor([501.0, 501.0])}
    axes = {"hidden_states": SPACE, "encoder_hidden_states": STATES, "pooled_projections": ROWS, "timestep": {0: "step"}, "out_hidden_states": SPACE}
    if hasattr(c, "guidance_embeds"):
        inputs |= {"hidden_states": torch.rand(2, 16, 64), "img_ids": torch.zeros(16, 3, dtype=torch.int64), "txt_ids": torch.zeros(32, 3, dtype=torch.int64)}
        packed = {0: "batch_size", 1: "packed_height_width"}
        axes |= {"hidden_states": packed, "out_hidden_states": packed, "img_ids": {0: "packed_height_width"}, "txt_ids": {0: "sequence_length"}}
        if c.guidance_embeds:
            inputs["guidance"] = torch.tensor([3.5, 3.5])
            axes["guidance"] = ROWS
    names = list(inputs)

    def forward(m, *given):
        v = dict(zip(names, given))
        return plain(m)(**v, return_dict=False)[0]

    write(m, path, forward, inputs, ["out_hidden_states"], axes)


def export(parts, name, folder):
    """Writes a folder's networks, each as folder/PART/model.onnx with its config.json."""
    legacy = name == "sd1-legacy"
    several = "text_encoder_2" in parts and name.startswith("sd")  # SDXL and SD3 read the last layer but one
    for part, m in parts.items():
        path = os.path.join(folder, part, "model.onnx")
        if part.startswith("text_encoder"):
            text(m, path, legacy, several)
        elif part == "vae":
            vae(m, folder, legacy)
        elif part == "unet":
            unet(m, path, name, "controlnet" in parts)
        elif part.startswith("controlnet"):
            controlnet(m, path)
        else:
            transformer(m, path)
    if legacy:  # older exports had no settings beside the graphs
        for part in os.listdir(folder):
            os.remove(os.path.join(folder, part, "config.json"))
