"""A tiny FLUX.2 klein of diffusers' and transformers' own classes, with weights from seeds: as diffusers folders, distilled and
base, and its transformer and autoencoder alone in the original code's names. See README.md.

    python klein.py OUT      OUT/torch/klein and klein-base for record.py, OUT/klein-diffusers and klein-base-diffusers,
                             OUT/klein-split/flux-2-klein.safetensors with its parts beside it, OUT/lora.safetensors
"""
import os, re, shutil, sys
import torch, diffusers, transformers
from safetensors.torch import save_file
from tokenizers import AddedToken
from checkpoints import head, ldm_vae, save, shift_first
from zimage import CHAT, rounded, tokenizer

THINK = "<|im_start|>assistant\n{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}"
NET = dict(in_channels=16, num_layers=1, num_single_layers=2, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=48,
           timestep_guidance_channels=16, mlp_ratio=1.0, axes_dims_rope=[4, 4, 4, 4], guidance_embeds=False)
TALK = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=28, num_attention_heads=2, num_key_value_heads=1, head_dim=8, rope_theta=1000000.0,
            tie_word_embeddings=True, attn_implementation="eager")
VAE = dict(down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4, block_out_channels=[8] * 4, layers_per_block=1,
           latent_channels=4, norm_num_groups=4, sample_size=64)
WHOLE = {"x_embedder": "img_in", "context_embedder": "txt_in", "time_guidance_embed.timestep_embedder.linear_1": "time_in.in_layer",
         "time_guidance_embed.timestep_embedder.linear_2": "time_in.out_layer", "double_stream_modulation_img.linear": "double_stream_modulation_img.lin",
         "double_stream_modulation_txt.linear": "double_stream_modulation_txt.lin", "single_stream_modulation.linear": "single_stream_modulation.lin", "proj_out": "final_layer.linear"}
BLOCK = {"attn.to_out.0": "img_attn.proj", "ff.linear_in": "img_mlp.0", "ff.linear_out": "img_mlp.2", "attn.to_add_out": "txt_attn.proj",
         "ff_context.linear_in": "txt_mlp.0", "ff_context.linear_out": "txt_mlp.2", "attn.to_qkv_mlp_proj": "linear1", "attn.to_out": "linear2"}
NORM = {"attn.norm_q.weight": "img_attn.norm.query_norm.scale", "attn.norm_k.weight": "img_attn.norm.key_norm.scale",
        "attn.norm_added_q.weight": "txt_attn.norm.query_norm.scale", "attn.norm_added_k.weight": "txt_attn.norm.key_norm.scale"}


def original(state, check=True):
    """The original code's names, the inverse of single_file_utils."""
    out = {}
    for name, t in state.items():
        g = re.match(r"(single_)?transformer_blocks\.(\d+)\.(.*)", name)
        if not g:
            out["final_layer.adaLN_modulation.1.weight" if "norm_out" in name else head(WHOLE, name)] = shift_first(t) if "norm_out" in name else t
            continue
        prefix, rest = f"{'single' if g[1] else 'double'}_blocks.{g[2]}.", g[3]
        at = lambda *names: torch.cat([state[name[: -len(rest)] + f"attn.{n}.weight"] for n in names])
        if rest in NORM:
            out[prefix + (NORM[rest].removeprefix("img_attn.") if g[1] else NORM[rest])] = t
        elif rest.startswith("attn.to_q."):
            out[prefix + "img_attn.qkv.weight"] = at("to_q", "to_k", "to_v")
        elif rest.startswith("attn.add_q"):
            out[prefix + "txt_attn.qkv.weight"] = at("add_q_proj", "add_k_proj", "add_v_proj")
        elif not rest.startswith(("attn.to_k.", "attn.to_v.", "attn.add_")):
            out[prefix + head(BLOCK, rest)] = t
    if not check:
        return out
    from diffusers.loaders.single_file_utils import convert_flux2_transformer_checkpoint_to_diffusers as back
    again = back(dict(out))
    assert set(again) == set(state) and all(torch.equal(again[k], state[k]) for k in state)
    return out


def original_vae(state, levels):
    """The original code keeps the convolutions of the latents in the halves."""
    out = ldm_vae(state, levels)
    for name in list(out):
        for half, conv in (("encoder.", "quant_conv."), ("decoder.", "post_quant_conv.")):
            if name.startswith(conv):
                out[half + name] = out.pop(name)
    return out


def lora(state, path):
    """A LoRA of rank 2 in the original code's names, as AI Toolkit writes them."""
    out, g = {}, torch.Generator().manual_seed(31)
    for name, t in original(state).items():
        if t.ndim == 2 and name.startswith(("double_blocks", "single_blocks", "single_stream")):
            for kind, shape in (("lora_A", (2, t.shape[1])), ("lora_B", (t.shape[0], 2))):
                out[f"diffusion_model.{name.removesuffix('.weight')}.{kind}.weight"] = torch.randn(shape, generator=g).mul(0.2).bfloat16()
    save_file(out, path)


def write(to, parts, tok, distilled):
    shutil.rmtree(to, ignore_errors=True)
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True)
    diffusers.Flux2KleinPipeline(scheduler, parts["vae"], parts["text_encoder"], tok, parts["transformer"], is_distilled=distilled).save_pretrained(to)


def main():
    out = sys.argv[1]
    torch.manual_seed(29)
    tok = tokenizer()
    tok.add_tokens([AddedToken(x, special=False, normalized=False) for x in ("<think>", "</think>")])
    tok.chat_template = CHAT.replace("<|im_start|>assistant\n", THINK)
    parts = dict(transformer=rounded(diffusers.Flux2Transformer2DModel(**NET)), vae=rounded(diffusers.AutoencoderKLFlux2(**VAE)),
                 text_encoder=rounded(transformers.Qwen3ForCausalLM(transformers.Qwen3Config(vocab_size=len(tok), pad_token_id=tok.pad_token_id, **TALK)), 0.8))
    parts["vae"].bn.running_mean.normal_(std=0.3).copy_(parts["vae"].bn.running_mean.bfloat16().float())
    parts["vae"].bn.running_var.uniform_(0.5, 1.5).copy_(parts["vae"].bn.running_var.bfloat16().float())
    for name, distilled in (("klein", True), ("klein-base", False)):
        write(os.path.join(out, "torch", name), parts, tok, distilled)
        write(os.path.join(out, name + "-diffusers"), {k: m.to(torch.bfloat16) for k, m in parts.items()}, tok, distilled)
        for m in parts.values():
            m.to(torch.float32)
    os.makedirs(os.path.join(out, "torch", "klein-split"), exist_ok=True)
    if not os.path.exists(os.path.join(out, "torch", "klein-split", "flux-2-klein")):
        os.symlink(os.path.join("..", "klein"), os.path.join(out, "torch", "klein-split", "flux-2-klein"))
    lora(parts["transformer"].state_dict(), os.path.join(out, "lora.safetensors"))
    split, folder = os.path.join(out, "klein-split"), os.path.join(out, "klein-diffusers")
    shutil.rmtree(split, ignore_errors=True)
    beside = os.path.join(split, "flux-2-klein")
    for part in ("text_encoders", "vae"):
        os.makedirs(os.path.join(split, part))
    save(original(parts["transformer"].state_dict()), os.path.join(split, "flux-2-klein.safetensors"))
    save(original_vae({k: v for k, v in parts["vae"].state_dict().items() if "num_batches" not in k}, 4), os.path.join(split, "vae", "flux2-vae.safetensors"))
    shutil.copy(os.path.join(folder, "text_encoder", "model.safetensors"), os.path.join(split, "text_encoders", "qwen3.safetensors"))
    for part in ("tokenizer", "scheduler"):
        shutil.copytree(os.path.join(folder, part), os.path.join(beside, part))
    for part in ("transformer", "text_encoder", "vae"):
        os.makedirs(os.path.join(beside, part))
        shutil.copy(os.path.join(folder, part, "config.json"), os.path.join(beside, part))
    shutil.copy(os.path.join(folder, "model_index.json"), beside)


if __name__ == "__main__":
    main()
