"""A tiny Qwen-Image, and Qwen-Image-Edit with the same weights, of diffusers' and transformers' own classes, with weights from seeds: as a diffusers folder, and as
ComfyUI's separate files, the autoencoder's in the names of its original code. See README.md.

    python qwenimage.py OUT      OUT/torch/NAME for record.py, OUT/NAME-diffusers, OUT/qwenimage-split/NAME.safetensors with its parts
                                 beside it, of qwenimage, qwenimage-edit, qwenimage-edit-plus (2509)
                                 and qwenimage-edit-2511, which diffusers has since 0.37
"""
import inspect, json, os, shutil, sys
import torch, diffusers, transformers
from checkpoints import save
from zimage import rounded, tokenizer

NET = dict(patch_size=2, in_channels=64, out_channels=16, num_layers=2, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=24, axes_dims_rope=(4, 6, 6))
TALK = dict(hidden_size=24, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, rope_theta=1000000.0, rms_norm_eps=1e-6,
            rope_scaling=dict(type="mrope", mrope_section=[1, 1, 1]), max_window_layers=3)
LOOK = dict(patch_size=4, depth=3, hidden_size=16, intermediate_size=20, num_heads=2, out_hidden_size=24, fullatt_block_indexes=[1], window_size=16)
PICTURES = ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")


class Processor:
    """Qwen2VLProcessor without videos, which need torchvision: transformers' image processor, and as many tokens as it gives."""

    def __init__(self, tokenizer, side):
        self.tokenizer = tokenizer
        self.pictures = transformers.Qwen2VLImageProcessor(patch_size=side, merge_size=2, min_pixels=56 * 56, max_pixels=12845056)

    def __call__(self, text, images, **k):
        seen = self.pictures(images=images, return_tensors="pt")
        each = [PICTURES[2] * int(g.prod() // 4) for g in seen["image_grid_thw"]] + [""]
        text = ["".join(map(str.__add__, t.split(PICTURES[2]), each)) for t in text]
        return transformers.BatchFeature({**self.tokenizer(text, **k), **seen})


def sized(c, small):
    """The run's own picture, if small, has the run's size, not one of 1024 x 1024 px; references and what the text encoder sees keep theirs."""
    import diffusers.pipelines.qwenimage.pipeline_qwenimage_edit as edit, diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus as plus
    known = plus.__dict__.setdefault("calculate_dimensions_", plus.calculate_dimensions)
    whole = edit.__dict__.setdefault("calculate_dimensions_", edit.calculate_dimensions)
    edit.calculate_dimensions = lambda area, ratio: (c["width"], c["height"], None) if small else whole(area, ratio)
    own = [True, True] * small  # once for the run, once for its picture
    plus.calculate_dimensions = lambda area, ratio: known(area, ratio) if area == plus.CONDITION_IMAGE_SIZE or not own else (c["width"], c["height"], own.pop())[:2]


def placed(text):
    """transformers 5 places a picture's tokens by row and column only if it is told which they are, which diffusers does not."""
    if "mm_token_type_ids" in inspect.signature(text.forward).parameters:
        tell = lambda m, a, k: (a, {**k, "mm_token_type_ids": (k["input_ids"] == text.config.image_token_id).int()}) if "pixel_values" in k else None
        text.register_forward_pre_hook(tell, with_kwargs=True)


def qwen(tok):
    ids = {n: tok.convert_tokens_to_ids(t) for n, t in zip(("vision_start_token_id", "vision_end_token_id", "image_token_id", "video_token_id"), PICTURES)}
    config = transformers.Qwen2_5_VLConfig(text_config=dict(vocab_size=len(tok), pad_token_id=tok.pad_token_id, **TALK), vision_config=LOOK, tie_word_embeddings=True,
                                           attn_implementation="eager", **ids)
    return rounded(transformers.Qwen2_5_VLForConditionalGeneration(config), 0.8)


def autoencoder():
    """Of a kernel's slices over time only the last one sees a first frame."""
    vae = rounded(diffusers.AutoencoderKLQwenImage(base_dim=3, dim_mult=[1, 2, 4, 4]))
    with torch.no_grad():
        for name, p in vae.named_parameters():
            if name.endswith("gamma"):
                p.uniform_(0.7, 1.3).copy_(p.bfloat16().float())
            elif p.ndim == 5:
                p[:, :, :-1] = 0.5
                p[:, :, -1] *= 0.4
                p.copy_(p.bfloat16().float())
            elif p.ndim == 4:
                p.mul_(0.4).copy_(p.bfloat16().float())
    return vae


def wan(state):
    """The original code's names, the inverse of single_file_utils."""
    out = {}
    for name, t in state.items():
        for new, old in (("post_quant_conv", "conv2"), ("quant_conv", "conv1"), ("coder.conv_in", "coder.conv1"), ("coder.norm_out", "coder.head.0"), ("coder.conv_out", "coder.head.2"),
                         ("mid_block.resnets.0", "middle.0"), ("mid_block.attentions.0", "middle.1"), ("mid_block.resnets.1", "middle.2"), ("encoder.down_blocks", "encoder.downsamples")):
            name = name.replace(new, old)
        part = name.split(".")
        if part[1] == "up_blocks":
            part = ["decoder", "upsamples", str(4 * int(part[2]) + (int(part[4]) if part[3] == "resnets" else 3)), *part[5:]]
            name = ".".join(part)
        if part[1] in ("middle", "downsamples", "upsamples"):
            for new, old in ((".norm1.", ".residual.0."), (".conv1.", ".residual.2."), (".norm2.", ".residual.3."), (".conv2.", ".residual.6."), (".conv_shortcut.", ".shortcut.")):
                name = name.replace(new, old)
        out[name] = t.contiguous()
    return out


def checked(state):
    from diffusers.loaders.single_file_utils import convert_wan_vae_to_diffusers as back
    out = wan(state)
    again = back(dict(out))
    assert set(again) == set(state) and all(torch.equal(again[k], state[k]) for k in state)
    return out


def renamed(folder, cls):
    path = os.path.join(folder, "model_index.json")
    with open(path) as f:
        index = json.load(f)
    with open(path, "w") as f:
        json.dump({**index, "_class_name": cls}, f, indent=2)
    if folder.endswith(("2511", "2511-diffusers")):
        path = os.path.join(folder, "transformer", "config.json")
        with open(path) as f:
            config = json.load(f)
        with open(path, "w") as f:
            json.dump({**config, "zero_cond_t": True}, f, indent=2)


EDIT = {"qwenimage-edit": "QwenImageEditPipeline", "qwenimage-edit-plus": "QwenImageEditPlusPipeline", "qwenimage-edit-2511": "QwenImageEditPlusPipeline"}


def main():
    out = sys.argv[1]
    torch.manual_seed(29)
    tok = tokenizer()
    tok.add_special_tokens({"additional_special_tokens": list(PICTURES)})
    net, text, vae = rounded(diffusers.QwenImageTransformer2DModel(**NET)), qwen(tok), autoencoder()
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, base_shift=0.5, max_shift=0.9, max_image_seq_len=8192, shift_terminal=0.02)
    for to, kind in (("torch/%s", torch.float32), ("%s-diffusers", torch.bfloat16)):
        folder = os.path.join(out, to % "qwenimage")
        shutil.rmtree(folder, ignore_errors=True)
        diffusers.QwenImagePipeline(scheduler, vae.to(kind), text.to(kind), tok, net.to(kind)).save_pretrained(folder)
        for m in (vae, text, net):
            m.to(torch.float32)
        for name, cls in EDIT.items():
            other = os.path.join(out, to % name)
            shutil.rmtree(other, ignore_errors=True)
            shutil.copytree(folder, other)
            renamed(other, cls)
    split = os.path.join(out, "qwenimage-split")
    shutil.rmtree(split, ignore_errors=True)
    for part in ("text_encoders", "vae", "qwenimage"):
        os.makedirs(os.path.join(split, part))
    beside, folder = os.path.join(split, "qwenimage"), os.path.join(out, "qwenimage-diffusers")
    shutil.copy(os.path.join(folder, "transformer", "diffusion_pytorch_model.safetensors"), os.path.join(split, "qwenimage.safetensors"))
    shutil.copy(os.path.join(folder, "text_encoder", "model.safetensors"), os.path.join(split, "text_encoders", "qwen_2.5_vl.safetensors"))
    save(checked(vae.state_dict()), os.path.join(split, "vae", "qwen_image_vae.safetensors"))
    for part in ("tokenizer", "scheduler"):
        shutil.copytree(os.path.join(folder, part), os.path.join(beside, part))
    for part in ("transformer", "text_encoder", "vae"):
        os.makedirs(os.path.join(beside, part), exist_ok=True)
        shutil.copy(os.path.join(folder, part, "config.json"), os.path.join(beside, part))
    shutil.copy(os.path.join(folder, "model_index.json"), beside)
    for name, cls in EDIT.items():
        shutil.copy(os.path.join(split, "qwenimage.safetensors"), os.path.join(split, name + ".safetensors"))
        shutil.copytree(beside, os.path.join(split, name))
        renamed(os.path.join(split, name), cls)


if __name__ == "__main__":
    main()
