"""A tiny Z-Image of diffusers' and transformers' own classes, with weights from seeds and FLUX's tiny autoencoder: as a
diffusers folder, and its transformer alone in the original code's names. See README.md.

    python zimage.py MODELS OUT      MODELS: the unpacked models.zip; OUT/torch/zimage for record.py, OUT/zimage-diffusers,
                                     OUT/zimage-split/zimage.safetensors with its parts beside it
"""
import json, os, shutil, sys
import torch, diffusers, transformers
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from checkpoints import module, save
import diffusers.models.transformers.transformer_z_image as z

SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CHAT = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
TEXT = ["an ancient castle over the river at sunset, a red fox and a yellow train on the stone bridge", "ink drawing of a black cat on the roof", "user\nassistant\n"] * 3
NET = dict(dim=32, n_layers=2, n_refiner_layers=1, n_heads=2, n_kv_heads=2, cap_feat_dim=24, axes_dims=[4, 6, 6], axes_lens=[1024, 512, 512])
TALK = dict(hidden_size=24, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, head_dim=8, rope_theta=1000000.0, attn_implementation="eager")


WHOLE = z.TimestepEmbedder


def narrow():
    """The time's embedding is 1024 wide whatever the config says, which is most of a tiny network."""
    z.TimestepEmbedder = lambda out, mid_size=None, **k: WHOLE(out, mid_size=32, **k)


def tokenizer():
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(TEXT, trainers.BpeTrainer(vocab_size=330, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.add_special_tokens([AddedToken(x, special=True, normalized=False) for x in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")])
    return transformers.Qwen2TokenizerFast(tokenizer_object=t, pad_token="<|endoftext|>", eos_token="<|im_end|>", unk_token=None, bos_token=None, chat_template=CHAT, model_max_length=131072)


def rounded(m, scale=1.0):
    with torch.no_grad():
        for name, p in m.named_parameters():
            if "pad_token" in name:
                p.normal_()
            elif p.ndim > 1:
                p.normal_(std=scale / p[0].numel() ** 0.5)
            elif name.endswith("bias"):
                p.normal_(std=0.1)
            elif "norm" in name or name.endswith("cap_embedder.0.weight"):
                p.uniform_(0.7, 1.3)
            p.copy_(p.bfloat16().float())
    return m.eval()


def original(state, check=True):
    """The original code's names, the inverse of single_file_utils."""
    out = {}
    for name, t in state.items():
        if ".attention.to_q." in name:
            t = torch.cat([state[name.replace("to_q", x)] for x in ("to_q", "to_k", "to_v")])
            name = name.replace("to_q", "qkv")
        elif ".attention.to_k." in name or ".attention.to_v." in name:
            continue
        for new, old in (("all_final_layer.2-1.", "final_layer."), ("all_x_embedder.2-1.", "x_embedder."), ("attention.to_out.0", "attention.out"), ("attention.norm_k", "attention.k_norm"), ("attention.norm_q", "attention.q_norm")):
            name = name.replace(new, old)
        out[name] = t.contiguous()
    if not check:
        return out
    from diffusers.loaders.single_file_utils import convert_z_image_transformer_checkpoint_to_diffusers as back
    again = back(dict(out))
    assert set(again) == set(state) and all(torch.equal(again[k], state[k]) for k in state)
    return out


def main():
    folder, out = sys.argv[1:3]
    narrow()
    torch.manual_seed(23)
    tok = tokenizer()
    net = rounded(diffusers.ZImageTransformer2DModel(**NET))
    text = rounded(transformers.Qwen3Model(transformers.Qwen3Config(vocab_size=len(tok), pad_token_id=tok.pad_token_id, **TALK)), 0.8)
    vae, _ = module(os.path.join(folder, "flux"), "vae_decoder")
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    for to, kind in (("torch/zimage", torch.float32), ("zimage-diffusers", torch.bfloat16)):
        to = os.path.join(out, to)
        shutil.rmtree(to, ignore_errors=True)
        p = diffusers.ZImagePipeline(scheduler, vae.to(kind), text.to(kind), tok, net.to(kind))
        p.save_pretrained(to)
        for m in (vae, text, net):
            m.to(torch.float32)
    split = os.path.join(out, "zimage-split")
    os.makedirs(os.path.join(split, "text_encoders"), exist_ok=True)
    os.makedirs(os.path.join(split, "vae"), exist_ok=True)
    save(original(net.state_dict()), os.path.join(split, "zimage.safetensors"))
    save({"model." + k: v for k, v in text.state_dict().items()}, os.path.join(split, "text_encoders", "qwen3.safetensors"))
    save(vae.state_dict(), os.path.join(split, "vae", "flux.safetensors"))
    beside = os.path.join(split, "zimage")
    shutil.rmtree(beside, ignore_errors=True)
    for part in ("tokenizer", "scheduler"):
        shutil.copytree(os.path.join(out, "zimage-diffusers", part), os.path.join(beside, part))
    for part in ("transformer", "text_encoder", "vae"):
        os.makedirs(os.path.join(beside, part), exist_ok=True)
        shutil.copy(os.path.join(out, "zimage-diffusers", part, "config.json"), os.path.join(beside, part))
    shutil.copy(os.path.join(out, "zimage-diffusers", "model_index.json"), beside)


if __name__ == "__main__":
    main()
