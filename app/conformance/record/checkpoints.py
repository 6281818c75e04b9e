"""Checkpoints round the tiny model folders' weights: the names of the original code in one file, diffusers' folders, and
the parts alone, as other programs keep them. See README.md.

    python checkpoints.py MODELS OUT [NAME ...]     MODELS: the unpacked models.zip; OUT/NAME.safetensors, OUT/NAME-diffusers, ...

The weights are read out of the ONNX graphs and put into diffusers' own modules, so that the recorded runs hold for them.
Every renaming is held against diffusers' single_file_utils, which has to give the module's own names back.
"""
import copy, json, os, re, shutil, sys, warnings
warnings.filterwarnings("ignore")
import numpy as np, onnx, torch, diffusers, transformers
from onnx import numpy_helper
from safetensors.torch import save_file
from diffusers.loaders import single_file_utils as single
from models import pack

torch.set_num_threads(1)


def module(folder, part):
    """The torch module of a part with the weights of its graph."""
    config = json.load(open(os.path.join(folder, part, "config.json")))
    cls = config.get("_class_name") or config["architectures"][0]
    if hasattr(diffusers, cls):
        m = getattr(diffusers, cls).from_config(config)
    else:
        kind = transformers.T5Config if cls.startswith("T5") else transformers.CLIPTextConfig
        m = getattr(transformers, cls)(kind(**{k: v for k, v in config.items() if k != "architectures"}))
    parts = ("vae_encoder", "vae_decoder") if part == "vae_decoder" else (part,)
    found = {}
    for p in parts:
        found |= weights(os.path.join(folder, p, "model.onnx"), m)
    state = m.state_dict()
    missing = [k for k in state if k not in found and "position_ids" not in k and k != "pos_embed.pos_embed" and "embed_tokens" not in k]
    assert not missing, (part, missing[:5], len(missing))
    with torch.no_grad():
        for k, v in found.items():
            assert state[k].numel() == v.numel(), (k, state[k].shape, v.shape)
            state[k].copy_(v.reshape(state[k].shape))
    return m.eval(), config


def scope(node):
    parts = node.name.strip("/").split("/")[:-1]
    kept = [p for i, p in enumerate(parts) if not (i + 1 < len(parts) and parts[i + 1].startswith(p + "."))]
    return ".".join(kept)


def weights(path, m):
    """A module's parameters from its exported graph: by their names, or by the operations that take them."""
    graph = onnx.load(path).graph
    tensors = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
    constants = {n.output[0]: torch.from_numpy(numpy_helper.to_array(n.attribute[0].t).copy()) for n in graph.node if n.op_type == "Constant" and n.attribute[0].name == "value"}
    same_as = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "Identity"}  # equal tensors are kept once
    for name, first in same_as.items():
        if first in tensors:
            tensors[name] = tensors[first]
    value = lambda name: tensors.get(name, constants.get(name))
    out, own = {}, dict(m.state_dict())
    ends = {}
    for name in tensors:
        for i in range(len(name)):
            if i == 0 or name[i - 1] == ".":
                ends.setdefault(name[i:], name)
    for name in own:
        if name in ends and tensors[ends[name]].numel() == own[name].numel():
            out[name] = tensors[ends[name]]
    for n in graph.node:
        s = scope(n)
        while s and s + ".weight" not in own and s + ".bias" not in own:
            s = s.partition(".")[2]
        if not s:
            continue
        for given in n.input:
            v = value(given)
            if v is None or not v.is_floating_point():
                continue
            w, b = s + ".weight", s + ".bias"
            if n.op_type == "MatMul" and w not in out and v.ndim == 2:
                out[w] = v.T.contiguous()
            elif n.op_type == "Mul" and w in own and w not in out and v.numel() == own[w].numel():
                out[w] = v
            elif n.op_type == "Add" and b in own and b not in out and v.numel() == own[b].numel():
                out[b] = v
    return out


# The original code's names, from diffusers'.

RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0", "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
WHOLE = {"time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2", "time_embedding.cond_proj": "time_embed.cond_proj",
         "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2", "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
         "controlnet_cond_embedding.conv_in": "input_hint_block.0", "controlnet_cond_embedding.conv_out": "input_hint_block.14", "controlnet_mid_block": "middle_block_out.0"}


def head(table, name):
    for old, new in table.items():
        if name.startswith(old + "."):
            return new + name[len(old):]
    return name


def ldm_unet(state, layers, attends_up):
    out = {}
    for name, t in state.items():
        whole = head(WHOLE, name)
        if whole != name:
            out[whole] = t
            continue
        g = re.match(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.*)", name)
        if g:
            side, level, kind, k, rest = g[1], int(g[2]), g[3], int(g[4]), g[5]
            per = layers + 1
            n = 1 + level * per + k if side == "down" else level * per + k
            if kind == "resnets":
                new = f"{'input' if side == 'down' else 'output'}_blocks.{n}.0.{head(RESNET, rest)}"
            elif kind == "attentions":
                new = f"{'input' if side == 'down' else 'output'}_blocks.{n}.1.{rest}"
            elif kind == "downsamplers":
                new = f"input_blocks.{(level + 1) * per}.0.op.{rest.removeprefix('conv.')}"
            else:
                new = f"output_blocks.{(level + 1) * per - 1}.{2 if level in attends_up else 1}.{rest}"
            out[new] = t
            continue
        g = re.match(r"mid_block\.(resnets|attentions)\.(\d+)\.(.*)", name)
        if g:
            out[f"middle_block.{2 * int(g[2]) if g[1] == 'resnets' else 1}.{head(RESNET, g[3]) if g[1] == 'resnets' else g[3]}"] = t
            continue
        g = re.match(r"controlnet_cond_embedding\.blocks\.(\d+)\.(.*)", name)
        if g:
            out[f"input_hint_block.{2 * int(g[1]) + 2}.{g[2]}"] = t
            continue
        g = re.match(r"controlnet_down_blocks\.(\d+)\.(.*)", name)
        assert g, name
        out[f"zero_convs.{g[1]}.0.{g[2]}"] = t
    return out


def ldm_vae(state, levels):
    out, short = {}, {"conv_shortcut": "nin_shortcut"}
    attention = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
    for name, t in state.items():
        g = re.match(r"(encoder|decoder)\.(down|up)_blocks\.(\d+)\.(resnets|downsamplers|upsamplers)\.(\d+)\.(.*)", name)
        new = name.replace("conv_norm_out", "norm_out")
        if g:
            level = int(g[3]) if g[2] == "down" else levels - 1 - int(g[3])
            new = f"{g[1]}.{g[2]}.{level}." + (f"block.{g[5]}.{head(short, g[6])}" if g[4] == "resnets" else f"{g[4][:-3]}e.{g[6]}")
        g = re.match(r"(encoder|decoder)\.mid_block\.(resnets|attentions)\.(\d+)\.(.*)", name)
        if g:
            new = f"{g[1]}.mid." + (f"block_{int(g[3]) + 1}.{head(short, g[4])}" if g[2] == "resnets" else f"attn_1.{head(attention, g[4])}")
            if g[2] == "attentions" and t.ndim == 2:
                t = t[:, :, None, None]
        out[new] = t
    return out


def open_clip(state, unread):
    """OpenCLIP's names. unread: a last layer that Stable Diffusion 2 does not read is added."""
    parts = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj", "self_attn.out_proj": "attn.out_proj"}
    out, layers = {}, 0
    for name, t in state.items():
        g = re.match(r"text_model\.encoder\.layers\.(\d+)\.(.*)", name)
        if g:
            layers = max(layers, int(g[1]) + 1)
            kind = g[2].rpartition(".")[2]
            if "q_proj" in g[2]:
                join = [state[name.replace("q_proj", f"{x}_proj")] for x in "qkv"]
                out[f"transformer.resblocks.{g[1]}.attn.in_proj_{kind}"] = torch.cat(join)
            elif "k_proj" not in g[2] and "v_proj" not in g[2]:
                out[f"transformer.resblocks.{g[1]}.{head(parts, g[2])}"] = t
        elif name == "text_projection.weight":
            out["text_projection"] = t.T.contiguous()
        elif "position_ids" not in name:
            out[{"text_model.embeddings.token_embedding.weight": "token_embedding.weight", "text_model.embeddings.position_embedding.weight": "positional_embedding",
                 "text_model.final_layer_norm.weight": "ln_final.weight", "text_model.final_layer_norm.bias": "ln_final.bias"}[name]] = t
    if unread:
        out |= {k.replace(f"resblocks.{layers - 1}.", f"resblocks.{layers}."): v + 0.5 for k, v in out.items() if f"resblocks.{layers - 1}." in k}
    out["logit_scale"] = torch.tensor(4.6)
    return out


def shift_first(t):
    scale, shift = t.chunk(2)
    return torch.cat([shift, scale])


def ldm_flux(state):
    out = {}
    whole = {"x_embedder": "img_in", "context_embedder": "txt_in", "time_text_embed.timestep_embedder.linear_1": "time_in.in_layer", "time_text_embed.timestep_embedder.linear_2": "time_in.out_layer",
             "time_text_embed.text_embedder.linear_1": "vector_in.in_layer", "time_text_embed.text_embedder.linear_2": "vector_in.out_layer",
             "time_text_embed.guidance_embedder.linear_1": "guidance_in.in_layer", "time_text_embed.guidance_embedder.linear_2": "guidance_in.out_layer", "proj_out": "final_layer.linear"}
    double = {"norm1.linear": "img_mod.lin", "norm1_context.linear": "txt_mod.lin", "attn.to_out.0": "img_attn.proj", "attn.to_add_out": "txt_attn.proj",
              "ff.net.0.proj": "img_mlp.0", "ff.net.2": "img_mlp.2", "ff_context.net.0.proj": "txt_mlp.0", "ff_context.net.2": "txt_mlp.2"}
    norms = {"attn.norm_q.weight": "img_attn.norm.query_norm.scale", "attn.norm_k.weight": "img_attn.norm.key_norm.scale",
             "attn.norm_added_q.weight": "txt_attn.norm.query_norm.scale", "attn.norm_added_k.weight": "txt_attn.norm.key_norm.scale"}
    for name, t in state.items():
        g = re.match(r"(single_)?transformer_blocks\.(\d+)\.(.*)", name)
        if not g:
            out[name.replace("norm_out.linear", "final_layer.adaLN_modulation.1") if "norm_out" in name else head(whole, name)] = shift_first(t) if "norm_out" in name else t
            continue
        kind = name.rpartition(".")[2]
        at = lambda *names: torch.cat([state[name[: -len(g[3])] + n + "." + kind] for n in names])
        if g[1]:
            prefix = f"single_blocks.{g[2]}."
            if g[3].startswith("attn.to_q"):
                out[prefix + "linear1." + kind] = at("attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp")
            elif g[3].startswith("attn.norm"):
                out[prefix + {"q": "norm.query_norm.scale", "k": "norm.key_norm.scale"}[g[3][10]]] = t
            elif g[3].startswith(("norm.", "proj_out")):
                out[prefix + head({"norm.linear": "modulation.lin", "proj_out": "linear2"}, g[3])] = t
            continue
        prefix = f"double_blocks.{g[2]}."
        if g[3].startswith("attn.to_q"):
            out[prefix + "img_attn.qkv." + kind] = at("attn.to_q", "attn.to_k", "attn.to_v")
        elif g[3].startswith("attn.add_q"):
            out[prefix + "txt_attn.qkv." + kind] = at("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj")
        elif g[3] in norms:
            out[prefix + norms[g[3]]] = t
        elif not g[3].startswith(("attn.to_k", "attn.to_v", "attn.add_")):
            out[prefix + head(double, g[3])] = t
    return out


def ldm_sd3(state, last):
    out = {}
    whole = {"pos_embed.proj": "x_embedder.proj", "time_text_embed.timestep_embedder.linear_1": "t_embedder.mlp.0", "time_text_embed.timestep_embedder.linear_2": "t_embedder.mlp.2",
             "time_text_embed.text_embedder.linear_1": "y_embedder.mlp.0", "time_text_embed.text_embedder.linear_2": "y_embedder.mlp.2", "proj_out": "final_layer.linear"}
    picture = {"norm1.linear": "adaLN_modulation.1", "attn.to_out.0": "attn.proj", "attn2.to_out.0": "attn2.proj", "ff.net.0.proj": "mlp.fc1", "ff.net.2": "mlp.fc2",
               "attn.norm_q": "attn.ln_q", "attn.norm_k": "attn.ln_k", "attn2.norm_q": "attn2.ln_q", "attn2.norm_k": "attn2.ln_k"}
    text = {"norm1_context.linear": "adaLN_modulation.1", "attn.to_add_out": "attn.proj", "ff_context.net.0.proj": "mlp.fc1", "ff_context.net.2": "mlp.fc2",
            "attn.norm_added_q": "attn.ln_q", "attn.norm_added_k": "attn.ln_k"}
    for name, t in state.items():
        g = re.match(r"transformer_blocks\.(\d+)\.(.*)", name)
        if not g:
            new = "pos_embed" if name == "pos_embed.pos_embed" else name.replace("norm_out.linear", "final_layer.adaLN_modulation.1") if "norm_out" in name else head(whole, name)
            out[new] = shift_first(t) if "norm_out" in name else t
            continue
        kind, prefix, rest = name.rpartition(".")[2], f"joint_blocks.{g[1]}.", g[2]
        at = lambda *names: torch.cat([state[name[: -len(rest)] + n + "." + kind] for n in names])
        if rest.startswith(("attn.to_q", "attn2.to_q")):
            a = rest.partition(".")[0]
            out[prefix + f"x_block.{a}.qkv." + kind] = at(f"{a}.to_q", f"{a}.to_k", f"{a}.to_v")
        elif rest.startswith("attn.add_q"):
            out[prefix + "context_block.attn.qkv." + kind] = at("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj")
        elif re.match(r"attn2?\.(to_k|to_v|add_)", rest):
            continue
        elif head(text, rest) != rest:
            out[prefix + "context_block." + head(text, rest)] = shift_first(t) if rest.startswith("norm1_context") and int(g[1]) == last else t
        else:
            out[prefix + "x_block." + head(picture, rest)] = t
    return out


def same(got, want, what):
    """Both state dicts hold the same."""
    want = {k: v for k, v in want.items() if "position_ids" not in k and "embed_tokens" not in k}
    lost, more = [k for k in want if k not in got], [k for k in got if k not in want and "position_ids" not in k]
    assert not lost and not more, (what, lost[:4], more[:4])
    for k, v in want.items():
        assert torch.equal(got[k].reshape(v.shape).float(), v.float()), (what, k)


def kept(state):
    return {k: v for k, v in state.items() if "position_ids" not in k}


def checkpoint(name, parts, configs):
    """A folder's networks in one file, in the original code's names; held against diffusers' own reading of such files."""
    out, xl = {}, "text_encoder_2" in parts and "unet" in parts
    put = lambda prefix, state: out.update({prefix + k: v.contiguous() for k, v in state.items()})
    if "unet" in parts:
        c, state = configs["unet"], parts["unet"].state_dict()
        up = [i for i, k in enumerate(c["up_block_types"]) if k.startswith("Cross")]
        put("model.diffusion_model.", ldm_unet(state, c["layers_per_block"], up))
        if xl:
            c = {**c, "class_embed_type": None, "addition_embed_type": "text_time"}
        if "time_cond_proj_dim" not in c or not c["time_cond_proj_dim"]:
            same(single.convert_ldm_unet_checkpoint(dict(out), config=c), state, name + " unet")
    elif "single_transformer_blocks.0.attn.to_q.weight" in parts["transformer"].state_dict():
        state = parts["transformer"].state_dict()
        put("model.diffusion_model.", ldm_flux(state))
        if state["x_embedder.weight"].shape[0] == 3072:
            same(single.convert_flux_transformer_checkpoint_to_diffusers(dict(out)), state, name + " transformer")
    else:
        state = parts["transformer"].state_dict()
        put("model.diffusion_model.", ldm_sd3(state, configs["transformer"]["num_layers"] - 1))
    if "vae" in parts and isinstance(parts["vae"], diffusers.AutoencoderKL):
        state = parts["vae"].state_dict()
        put("first_stage_model.", ldm_vae(state, len(configs["vae"]["block_out_channels"])))
        same(single.convert_ldm_vae_checkpoint({k: v for k, v in out.items() if k.startswith("first_stage_model.")}, config=configs["vae"]), state, name + " vae")
    for slot, m in parts.items():
        if not slot.startswith("text_encoder"):
            continue
        state = kept(m.state_dict())
        if "transformer" in parts:
            which = {"text_encoder": "clip_l"}.get(slot, "clip_g" if "CLIP" in type(m).__name__ else "t5xxl")
            put(f"text_encoders.{which}.transformer.", {k: v for k, v in state.items() if k != "encoder.embed_tokens.weight"})
        elif slot == "text_encoder" and not name.startswith("sd2"):
            put("conditioner.embedders.0.transformer." if xl else "cond_stage_model.transformer.", state)
        else:
            prefix = "cond_stage_model.model." if name.startswith("sd2") else "conditioner.embedders.1.model." if "text_encoder" in parts else "conditioner.embedders.0.model."
            put(prefix, open_clip(state, name.startswith("sd2")))
    return out


PARTS = ("unet", "transformer", "vae_decoder", "text_encoder", "text_encoder_2", "text_encoder_3", "controlnet", "controlnet_2")
PACKED = ("sd1", "sd2v", "sdxl", "sd3", "flux", "sd1-controlnet-controlnet")  # what testdata holds


def save(state, path):
    """In bfloat16, which the weights are; places that are not stay float32."""
    exact = lambda v: v.to(torch.bfloat16) if torch.equal(v.to(torch.bfloat16).float(), v.float()) else v.float()
    save_file({k: exact(v).contiguous() for k, v in state.items()}, path)


def settings(folder, to, parts):
    """What weights do not tell: the folder beside a checkpoint, as diffusers' from_single_file takes it for config."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns("*.onnx", "controlnet*"))


def main():
    folder, work = sys.argv[1:3]
    os.makedirs(work, exist_ok=True)
    for name in sys.argv[3:] or sorted(os.listdir(folder)):
        if name.startswith("ddpm") or name == "sd1-legacy":
            continue
        parts, configs = {}, {}
        for part in PARTS:
            if os.path.exists(os.path.join(folder, name, part, "model.onnx")):
                m, c = module(os.path.join(folder, name), part)
                part = part.replace("vae_decoder", "vae")
                parts[part], configs[part] = m, c
        whole = checkpoint(name, parts, configs)
        save(whole, os.path.join(work, name + ".safetensors"))
        for part, m in parts.items():  # diffusers' folder
            half = copy.deepcopy(m).to(torch.bfloat16)
            if hasattr(half, "pos_embed") and hasattr(half.pos_embed, "pos_embed"):
                half.pos_embed.pos_embed = m.pos_embed.pos_embed
            half.save_pretrained(os.path.join(work, name + "-diffusers", part))
            if part.startswith("controlnet"):
                state = {"control_model." + k: v for k, v in ldm_unet(m.state_dict(), configs[part]["layers_per_block"], []).items()}
                same(single.convert_controlnet_checkpoint(dict(state), config=configs[part]), m.state_dict(), part)
                save(state, os.path.join(work, f"{name}-{part}.safetensors"))
        settings(os.path.join(folder, name), os.path.join(work, name), parts)
        for kept_ in sorted(os.listdir(os.path.join(folder, name))):
            if kept_ == "model_index.json" or kept_.startswith(("tokenizer", "scheduler")):
                to = os.path.join(work, name + "-diffusers", kept_)
                (lambda a, b: shutil.copytree(a, b, dirs_exist_ok=True) if os.path.isdir(a) else shutil.copy(a, b))(os.path.join(folder, name, kept_), to)
        print(name, len(whole), sum(v.numel() for v in whole.values()), flush=True)
    packed = os.path.join(work, "packed")
    shutil.rmtree(packed, ignore_errors=True)
    for name in PACKED:
        if os.path.exists(os.path.join(work, name + ".safetensors")):
            os.makedirs(packed, exist_ok=True)
            shutil.copy(os.path.join(work, name + ".safetensors"), packed)
            if os.path.isdir(os.path.join(work, name)):
                shutil.copytree(os.path.join(work, name), os.path.join(packed, name))
    if os.path.isdir(packed):
        pack(packed, os.path.join(work, "checkpoints.zip"))


if __name__ == "__main__":
    main()
