"""Writes the torch modules of model folders again from the weights of their graphs, for further recordings beside those
that are there: models.py would fit other weights on another machine.

    python modules.py FOLDER WORK NAME ...      FOLDER: model folders (testdata/models.zip unpacked); WORK: for record.py
"""
import os, shutil, sys
from checkpoints import PARTS, module


def main():
    folder, work, *names = sys.argv[1:]
    for name in names:
        to = os.path.join(work, "torch", name)
        for part in PARTS:
            if os.path.exists(os.path.join(folder, name, part, "model.onnx")):
                m, _ = module(os.path.join(folder, name), part)
                m.save_pretrained(os.path.join(to, part.replace("vae_decoder", "vae")))
        for kept in sorted(os.listdir(os.path.join(folder, name))):
            source = os.path.join(folder, name, kept)
            if kept.startswith(("tokenizer", "scheduler")):
                shutil.copytree(source, os.path.join(to, kept), dirs_exist_ok=True)
            elif kept == "model_index.json":
                shutil.copy(source, to)


if __name__ == "__main__":
    main()
