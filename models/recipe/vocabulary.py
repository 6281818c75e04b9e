"""Our vocabulary: the part of BERT's uncased WordPiece vocabulary that English prompts need.

BERT's 30,522 pieces are ordered by frequency. Kept are the special tokens, every ASCII character and
continuation, every piece that a caption uses, and the most frequent dictionary words, up to SIZE. A word
that was cut falls apart into pieces, as WordPiece does with any word it lacks.
"""
import json

SIZE = 16384
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def choose(teacher_vocab, used, dictionary, size=SIZE):
    """teacher_vocab: piece -> id; used: ids that captions need; dictionary: words. Returns the teacher's ids in our order."""
    order = sorted(teacher_vocab, key=teacher_vocab.get)
    plain = [p for p in order if p.isascii() and not p.startswith("[")]
    must = {p for p in plain if teacher_vocab[p] in used or len(p) == 1 or p.startswith("##")}
    for p in plain:
        if len(must) + len(SPECIAL) >= size:
            break
        if p in dictionary:
            must.add(p)
    return [teacher_vocab[p] for p in SPECIAL] + [teacher_vocab[p] for p in plain if p in must]


def pieces(folder):
    """The pieces of a tokenizer/ that write made, in id order."""
    vocab = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    return sorted(vocab, key=vocab.get)


def write(folder, pieces, length):
    """tokenizer/: tokenizer.json and tokenizer_config.json of a BertTokenizer over pieces, in id order."""
    folder.mkdir(parents=True, exist_ok=True)
    vocab = {p: i for i, p in enumerate(pieces)}
    cls, sep = vocab["[CLS]"], vocab["[SEP]"]
    around = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
              {"SpecialToken": {"id": "[SEP]", "type_id": 0}}]
    second = [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]
    added = [dict(id=vocab[p], content=p, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
             for p in SPECIAL]
    whole = dict(
        version="1.0", truncation=None, padding=None, added_tokens=added,
        normalizer=dict(type="BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True),
        pre_tokenizer=dict(type="BertPreTokenizer"),
        post_processor=dict(type="TemplateProcessing", single=around, pair=around + second, special_tokens={
            "[CLS]": dict(id="[CLS]", ids=[cls], tokens=["[CLS]"]), "[SEP]": dict(id="[SEP]", ids=[sep], tokens=["[SEP]"])}),
        decoder=dict(type="WordPiece", prefix="##", cleanup=True),
        model=dict(type="WordPiece", unk_token="[UNK]", continuing_subword_prefix="##", max_input_chars_per_word=100, vocab=vocab))
    (folder / "tokenizer.json").write_text(json.dumps(whole, indent=None, separators=(",", ":")) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(dict(
        tokenizer_class="BertTokenizer", do_lower_case=True, tokenize_chinese_chars=True, strip_accents=None,
        model_max_length=length, padding_side="right", unk_token="[UNK]", sep_token="[SEP]", pad_token="[PAD]",
        cls_token="[CLS]", mask_token="[MASK]"), indent=2) + "\n")
