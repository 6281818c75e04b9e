"""Measures a model folder: does the picture show what was asked, does it look like the drawings, is it a copy of one?

    python -m evaluate.train --data DATA --text TEXT --out JUDGE      # a picture-text encoder, on real pictures only
    python -m evaluate.run --folder nirvana --data DATA --judge JUDGE --text TEXT --out OUT      # everything, for a release
    python -m evaluate.measure --folder nirvana --data DATA --judge JUDGE --text TEXT --out report.json
    python -m evaluate.white --data DATA --ae AE/weights --out white.md      # opacity of white parts and of holes, of autoencoders
    python -m evaluate.sheet --folder nirvana --out sheet.png         # the fixed prompts, to be looked at

Start at measure.py. Numbers do not see ugliness: always look at the sheet as well.
"""
