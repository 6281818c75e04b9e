"""Runs diffusers over the cases of a file and writes the file anew with what came out. See README.md.

    python record.py CASES WORK OUT [NAME ...]     WORK: what models.py wrote; OUT: .json or .json.gz; NAME: only these cases or models
"""
import gzip, inspect, json, math, os, sys, traceback, warnings
warnings.filterwarnings("ignore")
import numpy as np, torch, diffusers, transformers
from PIL import Image
from diffusers.models.controlnets.multicontrolnet import MultiControlNetModel
import qwenimage, zimage

torch.set_num_threads(1)
torch.set_grad_enabled(False)
diffusers.utils.logging.set_verbosity_error()
diffusers.utils.logging.disable_progress_bar()
SAME = ("prompt", "prompt_2", "prompt_3", "negative_prompt", "negative_prompt_2", "negative_prompt_3", "guidance_scale", "guidance_rescale", "eta",
        "strength", "width", "height", "clip_skip", "max_sequence_length", "true_cfg_scale", "image_guidance_scale", "timesteps", "sigmas",
        "padding_mask_crop", "controlnet_conditioning_scale", "control_guidance_start", "control_guidance_end", "guess_mode", "denoising_start",
        "denoising_end", "original_size", "crops_coords_top_left", "target_size", "negative_original_size", "aesthetic_score", "negative_aesthetic_score")


class Recorder:
    def __init__(self, inputs, work):
        self.inputs, self.work, self.finals = inputs, work, {}

    def path(self, name):
        return os.path.join(self.inputs, name)

    def picture(self, name):
        return Image.open(self.path(name))

    def scheduler(self, c):
        settings = {k: -math.inf if v == "-Infinity" else v for k, v in c["scheduler_config"].items()}
        s = getattr(diffusers, c["scheduler"]).from_config(settings)
        c["scheduler_config"] = {k: "-Infinity" if v == -math.inf else v for k, v in s.config.items() if not k.startswith("_")}
        return s

    def folder(self, c):
        name = os.path.basename(c["model"]).removesuffix(".safetensors").removesuffix(".gguf").removesuffix("-diffusers")
        return os.path.join(self.work, "torch", "sd1" if name == "sd1-legacy" else name)

    def generator(self, c):
        if "seeds" in c:
            return [torch.Generator().manual_seed(s) for s in c["seeds"]]
        return torch.Generator().manual_seed(c["seed"])

    def pipeline(self, c):
        """The case's diffusers pipeline with its adapters."""
        cls, folder = getattr(diffusers, c["pipeline"]), self.folder(c)
        if c["pipeline"].startswith("ZImage"):
            zimage.narrow()
        more = {"scheduler": self.scheduler(c)} if "scheduler" in c else {}  # else the model's own
        if c["pipeline"].startswith("QwenImageEdit"):
            qwenimage.sized(c, "image" in c and not large(self.picture(c["image"])))
            more["processor"] = qwenimage.Processor(transformers.AutoTokenizer.from_pretrained(os.path.join(folder, "tokenizer")), transformers.AutoConfig.from_pretrained(os.path.join(folder, "text_encoder")).vision_config.patch_size)
        for name in ("safety_checker", "feature_extractor", "image_encoder", "depth_estimator"):
            if name in inspect.signature(cls.__init__).parameters:
                more[name] = None
        for name in ("tokenizer_2", "tokenizer_3"):
            if os.path.exists(os.path.join(folder, name, "tokenizer.json")):  # as it stands, not made from a SentencePiece file
                more[name] = transformers.T5TokenizerFast.from_pretrained(os.path.join(folder, name), add_prefix_space=None)
        for part in c.get("without", []):
            more |= {part: None, part.replace("text_encoder", "tokenizer"): None}
        if "control_image" in c:
            file = lambda n: os.path.join(self.work, "torch", os.path.basename(n).removesuffix(".safetensors"))
            nets = [diffusers.ControlNetModel.from_pretrained(file(n) if n.endswith(".safetensors") else os.path.join(folder, n)) for n in c.get("controlnets", ["controlnet"])]
            more["controlnet"] = MultiControlNetModel(nets) if len(nets) > 1 else nets[0]
        p = cls.from_pretrained(folder, **more)
        if c["pipeline"].startswith("QwenImageEdit"):
            qwenimage.placed(p.text_encoder)
        p.set_progress_bar_config(disable=True)
        if c.get("lora"):
            names = [f"a{k}" for k in range(len(c["lora"]))]
            for n, l in zip(names, c["lora"]):
                p.load_lora_weights(self.path(l["file"]), adapter_name=n)
            p.set_adapters(names, [l["scale"] for l in c["lora"]])
        for e in c.get("embeddings", []):
            p.load_textual_inversion(self.path(e["file"]), token=e["token"])
        return p

    def arguments(self, c):
        k = {n: c[n] for n in SAME if c.get(n) is not None}
        if "timesteps" not in c and "sigmas" not in c or c["pipeline"].startswith(("Flux", "QwenImage")):
            k["num_inference_steps"] = c["steps"]
        if "images_per_prompt" in c:
            k["num_images_per_prompt"] = c["images_per_prompt"]
        if "image" in c:
            k["image"] = self.picture(c["image"]).convert("RGB")
        if "references" in c:
            pictures = ([k["image"]] if "image" in c else []) + [self.picture(f).convert("RGB") for f in c["references"]]
            one = {"FluxKontextPipeline": stitched, "QwenImageEditPipeline": lambda p: p[0]}
            k["image"] = one.get(c["pipeline"], list)(pictures)
        if "latents_from" in c:
            k["image"] = self.finals[c["latents_from"]]
        if "mask" in c:
            k["mask_image"] = self.picture(c["mask"])
        if "depth" in c:
            k["depth_map"] = torch.from_numpy(np.array(self.picture(c["depth"]).convert("L"))).float()[None]
        if "control_image" in c:
            many = c["control_image"] if isinstance(c["control_image"], list) else [c["control_image"]]
            pictures = [self.picture(f).convert("RGB") for f in many]
            k["control_image" if "image" in c else "image"] = pictures if len(pictures) > 1 else pictures[0]
        for n in ("original_size", "crops_coords_top_left", "target_size", "negative_original_size"):
            if n in k:
                k[n] = tuple(k[n])
        if c["pipeline"] == "Flux2KleinPipeline":  # a picture that is edited: from noise
            k.pop("strength", None)
        if c["pipeline"] == "FluxKontextPipeline":  # the size asked for; up to a megapixel the picture's own
            k |= dict(max_area=c["width"] * c["height"], _auto_resize="references" in c or large(k.get("image")))
        return k

    def run(self, c):
        """Everything that a case's run gave: dict of `expected`."""
        seen = Seen()
        if c["pipeline"] in ("loop", "DDPMPipeline", "DDIMPipeline"):
            pictures = self.pixels(c, seen)
        else:
            p = self.pipeline(c)
            seen.watch(p)
            kind = "pil" if "padding_mask_crop" in c else "np"
            told = dict(callback_on_step_end=lambda p, i, t, k: self.changed(c, p, i, seen.step(p, i, t, k)))
            if "callback_on_step_end" not in inspect.signature(p.__call__).parameters:  # the older form
                told = dict(callback=lambda i, t, latents: seen.step(p, i, t, dict(latents=latents)), callback_steps=1)
            r = p(generator=self.generator(c), output_type=kind, **told, **self.arguments(c))
            pictures = [np.asarray(x, dtype=np.float64) / (255 if kind == "pil" else 1) for x in r.images]
        e = seen.expected(c)
        e["image"] = [fingerprint(x) for x in pictures]
        c.pop("told", None)
        self.finals[c["name"]] = seen.steps[-1]
        return e

    def changed(self, c, p, i, k):
        """What the case changes after step i, as a callback may: numbers in the pipeline, texts and masks in what it returns."""
        for x in c.get("changes", []):
            if x["at"] != i + 1:
                continue
            if "guidance_scale" in x:
                p._guidance_scale = x["guidance_scale"]
            if "prompt" in x or "negative_prompt" in x:
                c["told"] = {**c.get("told", {n: c.get(n) for n in ("prompt", "negative_prompt")}), **{n: x[n] for n in ("prompt", "negative_prompt") if n in x}}
                text, none = p.encode_prompt(c["told"]["prompt"], "cpu", c.get("images_per_prompt", 1), p.do_classifier_free_guidance, c["told"]["negative_prompt"])[:2]
                k["prompt_embeds"] = torch.cat([none, text]) if p.do_classifier_free_guidance else text
            if "mask" in x:
                many = 2 if p.do_classifier_free_guidance else 1
                side = k["latents"].shape[-2:]
                m = p.mask_processor.preprocess(self.picture(x["mask"]), side[0] * p.vae_scale_factor, side[1] * p.vae_scale_factor)
                k["mask"] = torch.cat([torch.nn.functional.interpolate(m, size=side)] * many)
                if p.unet.config.in_channels == 9:
                    hidden = p.image_processor.preprocess(self.picture(c["image"]).convert("RGB"), *m.shape[-2:]) * (m < 0.5)
                    k["masked_image_latents"] = torch.cat([p.vae.encode(hidden).latent_dist.mode() * p.vae.config.scaling_factor] * many)
        return k

    def pixels(self, c, seen):
        """Models of pixels: the published pipelines where they do, else the plain loop that they are."""
        net, s = diffusers.UNet2DModel.from_pretrained(os.path.join(self.folder(c), "unet")), self.scheduler(c)
        seen.net(net)
        g = self.generator(c)
        n = len(c["seeds"]) if "seeds" in c else c.get("batch", len(c["class_labels"]) if isinstance(c.get("class_labels"), list) else 1)
        if c["pipeline"] != "loop":
            p = getattr(diffusers, c["pipeline"])(net, s)
            p.set_progress_bar_config(disable=True)
            step = p.scheduler.step
            p.scheduler.step = lambda *a, **k: seen.kept(step(*a, **k))
            seen.initial = diffusers.utils.torch_utils.randn_tensor((n, 3, 16, 16), generator=self.generator(c))
            k = {"eta": c.get("eta", 0.0)} if c["pipeline"] == "DDIMPipeline" else {}
            return p(batch_size=n, generator=g, num_inference_steps=c["steps"], output_type="np", **k).images
        s.set_timesteps(c["steps"])
        x = seen.initial = diffusers.utils.torch_utils.randn_tensor((n, 3, 16, 16), generator=g) * s.init_noise_sigma
        takes = inspect.signature(s.step).parameters
        k = {name: v for name, v in (("generator", g), ("eta", c.get("eta", 0.0))) if name in takes}
        labels = {"class_labels": torch.tensor(c["class_labels"]).reshape(-1).expand(n)} if "class_labels" in c else {}
        learned = c["scheduler"] == "DDPMScheduler" and str(s.config.variance_type).startswith("learned")
        for t in s.timesteps:
            given = t.long() if c["model"] != "ddpm-class" else t  # their graphs take whole timesteps
            out = net(s.scale_model_input(x, t), given, **labels).sample
            x = seen.kept(s.step(out if learned else out[:, :3], t, x, **k)).prev_sample
        return [v.permute(1, 2, 0).numpy() for v in (x / 2 + 0.5).clamp(0, 1)]


def large(picture):
    """Of more than a megapixel: seen in the pipeline's size instead of the run's."""
    return picture is not None and picture.width * picture.height > 1024 * 1024


def stitched(pictures):
    """Side by side, as high as the first: ComfyUI's ImageStitch."""
    high = pictures[0].height
    parts = [p.resize((max(1, int(high * p.width / p.height)), high), Image.LANCZOS) for p in pictures]
    out, x = Image.new("RGB", (sum(p.width for p in parts), high)), 0
    for p in parts:
        out.paste(p, (x, 0))
        x += p.width
    return out


class Seen:
    """What the networks and the pipeline were given and gave."""

    def __init__(self):
        self.steps, self.times, self.ids, self.initial, self.pad, self.sides = [], [], {}, None, 0, None

    def watch(self, p):
        self.net(getattr(p, "unet", None) or p.transformer)
        for n in ("text_encoder", "text_encoder_2", "text_encoder_3"):
            if getattr(p, n, None) is not None:
                self.pad = getattr(getattr(p, "tokenizer", None), "pad_token_id", 0) if type(p).__name__.startswith(("ZImage", "QwenImage", "Flux2")) else 0
                getattr(p, n).register_forward_pre_hook(lambda m, a, k, n=n: self.ids.setdefault(n, []).append(k.get("input_ids", a[0] if a else None).tolist()), with_kwargs=True)
        prepare = p.prepare_latents

        def prepared(*a, **k):
            r = prepare(*a, **k)
            if type(p).__name__.startswith("Flux2"):
                self.sides = [int(n) + 1 for n in r[-1][0, -1, 1:3]]  # the last latent pixel's row and column
            self.initial = self.planes(r[0] if isinstance(r, tuple) else r).clone()
            return r

        p.prepare_latents = prepared

    def net(self, m):
        def hook(m, a, k):
            t = k.get("timestep", a[1] if len(a) > 1 else None)
            t = float(torch.as_tensor(t).flatten()[0])
            self.times.append(1000 - 1000 * t if type(m).__name__ == "ZImageTransformer2DModel" else t)  # it takes what is done
        m.register_forward_pre_hook(hook, with_kwargs=True)

    def planes(self, x):
        """FLUX.2's tokens, one a latent pixel, as [batch, channel, height, width]."""
        return x if self.sides is None else x.permute(0, 2, 1).reshape(len(x), -1, *self.sides)

    def step(self, pipe, i, t, k):
        self.steps.append(self.planes(k["latents"]).clone())
        return k

    def kept(self, r):
        self.steps.append(r.prev_sample.clone())
        return r

    def expected(self, c):
        e = {}
        for part, calls in self.ids.items():
            tail = part[len("text_encoder"):]
            for name, rows in zip(("token_ids" + tail, "negative_token_ids" + tail), calls[: 2 if "negative_prompt" in c else 1]):
                e[name] = [strip(r, self.pad) if len(r) != 77 else r for r in rows]
        final = self.steps[-1]
        e["unet_timesteps"] = [short(t) for t in self.times]
        e["initial_latents"] = summary(self.initial)
        e["steps"] = [summary(x) for x in self.steps]
        e["final_latents"] = {"shape": list(final.shape), "values": [short(v) for v in final.flatten().tolist()]}
        return e


def strip(row, pad):
    """T5's or Qwen's ids without padding."""
    while row and row[-1] == pad:
        row = row[:-1]
    return row


def short(v):
    """Five decimals, or nine digits of what is large."""
    return round(v, 5) if abs(v) < 100 else float(f"{v:.9g}")


def summary(x):
    f = x.flatten().double()
    n = len(f)
    return {"at": [short(float(f[k * (n - 1) // 7])) for k in range(8)], "mean": short(float(f.mean())), "std": short(float(f.std(unbiased=False)))}


def fingerprint(v):
    h, w, _ = v.shape
    grid = [(w * (2 * b + 1) // 8, h * (2 * a + 1) // 8) for a in range(4) for b in range(4)]
    return {"pixels": [[x, y] + [int(round(float(q) * 255)) for q in v[y, x]] for x, y in grid], "mean": round(float(v.mean()), 6)}


def finite(x):
    return all(map(finite, x.values())) if isinstance(x, dict) else all(map(finite, x)) if isinstance(x, list) else not isinstance(x, float) or math.isfinite(x)


def main():
    source, work, out, *only = sys.argv[1:]
    with (gzip.open if source.endswith(".gz") else open)(source, "rt") as f:
        file = json.load(f)
    recorder, done = Recorder(os.path.dirname(os.path.abspath(source)), work), []
    for c in file["cases"]:
        if only and not any(o in c["name"] or o == c["model"] for o in only):
            continue
        try:
            c["expected"] = recorder.run(c)
            if not finite(c["expected"]):
                raise ValueError("NaN")
            done.append(c)
        except Exception as e:
            where = traceback.extract_tb(e.__traceback__)[-1]
            print(f"{c['name']} is left out: {repr(e)[:200]} ({os.path.basename(where.filename)}:{where.lineno})", flush=True)
    write(out, done)


def write(out, done):
    """The recorded cases as a file that `nirvana conformance` reads."""
    head = {"source": f"diffusers {diffusers.__version__} (torch {torch.__version__.split('+')[0]}, transformers {transformers.__version__}), float32, CPU, one thread, over these folders' networks as torch modules.",
            "tolerance": {"latents": 0.001, "pixel": 2, "image_mean": 0.001}}
    lines = ",\n".join(json.dumps(c, separators=(",", ":"), ensure_ascii=False) for c in done)
    text = json.dumps(head, indent=1)[:-2] + ',\n "cases": [\n' + lines + "\n]}\n"
    if out.endswith(".gz"):
        with open(out, "wb") as f:
            f.write(gzip.compress(text.encode(), 9, mtime=0))
    else:
        with open(out, "w") as f:
            f.write(text)
    print(len(done), "recorded")


if __name__ == "__main__":
    main()
