"""Exports the tiny models with optimum itself and records diffusers' runs to hold against them: what optimum writes today
opens and equals diffusers. Needs optimum-onnx beside requirements.txt. A minute per export.

    python modules.py MODELS WORK NAME ...         MODELS: testdata/models.zip unpacked; WORK/torch gets torch modules
    python optimumexports.py CASES WORK OUT.json.gz [FORM ...]
                                                   WORK/models gets the exports, OUT the cases, three for each export
    nirvana conformance OUT.json.gz --models WORK/models

It also prints how far optimum's own pipeline over the exported graphs is from torch: ONNX Runtime's arithmetic, which no program
over the same graphs can do without.
"""
import gzip, json, os, shutil, sys
from optimum.exporters.onnx import main_export
from optimum import onnxruntime
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
import record

# What optimum-cli's users choose: optimisation, operator set, fixed axes. Half precision needs a card to be exported.
# optimum 2.1 finds no config.json when it is asked for -O1 to -O3 of a pipeline; "-fused" calls the same optimizer for each network.
FORMS = {"": {}, "-fused": {}, "-opset14": {"opset": 14}, "-opset18": {"opset": 18}, "-opset20": {"opset": 20},
         "-fixed": {"no_dynamic_axes": True, "batch_size": 1, "height": 64, "width": 64, "sequence_length": 77}}
FUSIONS = {"unet": "unet", "vae_encoder": "vae", "vae_decoder": "vae", "text_encoder": "clip", "text_encoder_2": "clip"}


def exported(work, name, form):
    """The folder of a model's export, made if it is not there; None if optimum cannot export it so."""
    out = os.path.join(work, "models", name + form)
    if not os.path.exists(os.path.join(out, "model_index.json")):
        try:
            main_export(fast(os.path.join(work, "torch", name)), out, task="text-to-image", do_validation=False, **FORMS[form])
            if form == "-fused":
                fuse(out)
        except Exception as e:
            shutil.rmtree(out, ignore_errors=True)
            print(f"{name}{form}: optimum does not export it: {repr(e)[:200]}", flush=True)
            return None
    return out


def fast(folder):
    """The folder, its T5 tokenizer read as it stands and not made from a SentencePiece file, which is not there."""
    for part in ("tokenizer_2", "tokenizer_3"):
        file = os.path.join(folder, part, "tokenizer_config.json")
        if os.path.exists(os.path.join(folder, part, "tokenizer.json")) and os.path.exists(file):
            with open(file) as f:
                c = json.load(f)
            c.pop("add_prefix_space", None)
            with open(file, "w") as f:
                json.dump(c, f, indent=2)
    return folder


def fuse(folder):
    for part, kind in FUSIONS.items():
        file = os.path.join(folder, part, "model.onnx")
        if os.path.exists(file):
            wanted = FusionOptions(kind)
            for gpu in ("nhwc_conv", "group_norm", "skip_group_norm", "bias_splitgelu", "packed_qkv", "packed_kv", "bias_add"):
                setattr(wanted, "enable_" + gpu, False)  # operators that the CPU has not
            optimizer.optimize_model(file, model_type=kind, num_heads=0, hidden_size=0, opt_level=0, optimization_options=wanted).save_model_to_file(file)


def chosen(cases, name):
    """Three cases of a model: of different kinds where there are, and without what optimum does not export."""
    kinds, first = {}, []
    for c in cases:
        if c["model"] != name or any(c.get(k) for k in ("lora", "embeddings", "control_image", "latents_from", "changes")):
            continue
        (first if c["kind"] not in kinds else kinds[c["kind"]]).append(c)
        kinds.setdefault(c["kind"], [])
    return (first + [c for k in kinds.values() for c in k])[:3]


def fixed(c):
    """A case as an export of fixed axes can run it."""
    return {**c, "width": 128, "height": 128} if c["kind"].endswith("txt2img") else None


def own(recorder, c, folder):
    """The last latents of optimum's pipeline; None where it has none for the case."""
    cls = getattr(onnxruntime, "ORT" + c["pipeline"], None)
    if cls is None:
        return None
    p = cls.from_pretrained(folder, scheduler=recorder.scheduler(c))
    p.set_progress_bar_config(disable=True)
    last = []
    p(generator=recorder.generator(c), output_type="np", callback_on_step_end=lambda p, i, t, k: (last.append(k["latents"].clone()), k)[1], **recorder.arguments(c))
    return last[-1]


def main():
    source, work, out, *forms = sys.argv[1:]
    with gzip.open(source, "rt") as f:
        cases = json.load(f)["cases"]
    record.short = lambda v: float(f"{v:.9g}")  # small differences are what is looked for
    recorder, done = record.Recorder(os.path.dirname(os.path.abspath(source)), work), []
    folder = recorder.folder
    recorder.folder = lambda c: folder({**c, "model": c.get("weights", c["model"])})
    for name in sorted(os.listdir(os.path.join(work, "torch"))):
        for form in forms or FORMS:
            if not (to := exported(work, name, form)):
                continue
            for c in chosen(cases, name):
                c = fixed(c) if form == "-fixed" else dict(c)
                if not c:
                    continue
                c |= {"name": c["name"] + form, "model": name + form, "weights": name}
                try:
                    c["expected"] = recorder.run(c)
                except Exception as e:
                    print(f"{c['name']} is left out: {repr(e)[:200]}", flush=True)
                    continue
                del c["weights"]
                done.append(c)
                try:
                    theirs = own(recorder, c, to)
                    far = "no pipeline" if theirs is None else f"{(theirs - recorder.finals[c['name']]).abs().max():.1e}"
                except Exception as e:
                    far = repr(e)[:120]
                print(f"{c['name']}: optimum's own pipeline is {far} from torch", flush=True)
    record.write(out, done)


if __name__ == "__main__":
    main()
