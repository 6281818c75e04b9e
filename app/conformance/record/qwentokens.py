"""What huggingface/tokenizers makes of texts with Qwen's published merges and the added tokens of Qwen2.5-VL's and Qwen3's
tokenizer.json. See README.md.

    python qwentokens.py MERGES OUT.json     MERGES: assets/tokenizers/qwen.merges.gz
"""
import gzip, json, sys
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers
from zimage import SPLIT

ADDED = "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|> <|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|> <tool_call> </tool_call> <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|> <|repo_name|> <|file_sep|> <tool_response> </tool_response> <think> </think>".split()
TEXTS = ["","a red fox","A photo of a cat, 8k, masterpiece!","Hello, world! It's a test; we'll see, they'd've known. I'M SHOUTING, YOU'RE loud",
         "一只红色的狐狸在雪地里奔跑,身后是古老的城堡","水墨画,山水,高清,超现实主义风格。“你好!”","夕暮れの海を泳ぐ青い鯨、水彩画スタイル","カタカナ ひらがな ・「」ー","한국어 프롬프트: 파란 고래","🦊🐻‍❄️👩‍👩‍👧‍👦 🇩🇪🏳️‍🌈 👍🏽","😀😀😀","1234567890 3.14 2,000 12:30 ½ ² Ⅷ ١٢٣","1 22 333 4444","  two  spaces   three\t\ttabs \n\n newlines\r\n\r\n x  ","\n","   ","\t x","trailing   ","a\u00a0b\u3000c\u2003d",
         "e\u0301 a\u0308 \u1100\u1161\u11a8 Å \u212b ﬁ","naïve café ÜBER straße ΑΒΓ абв שלום مرحبا हिन्दी ไทย",
         "<|im_start|>user\nfox<|im_end|>\n<|im_start|>assistant\n","<|im_start|>assistant\n<think>\n\n</think>\n\n","<|vision_start|><|image_pad|><|vision_end|>Picture 1: <|endoftext|>","<tool_response>x</tool_response><tool_call>{\"a\":1}</tool_call>","<|IM_START|> <|im_start > <think","<|fim_prefix|><|fim_middle|><|fim_suffix|><|fim_pad|><|repo_name|><|file_sep|><|box_start|><|box_end|><|quad_start|><|quad_end|><|object_ref_start|><|object_ref_end|><|vision_pad|><|video_pad|>",
         "https://example.com/a?b=c&d=%20#e","def f(x): return x**2  # code\n    if x:\n        pass","(masterpiece:1.2), [bad|good], {a|b}","supercalifragilisticexpialidocious antidisestablishmentarianism","\u200bzero\u200dwidth\ufeff","\U0001F9FF\U00020000𠮷野家","''''s'S'RE'Ll ' s","_snake_case-kebab.case/path\\back","ÿ\u0000\u0001\u007f"]


def vocabulary(path):
    merges = [tuple(line.split(" ")) for line in gzip.open(path, "rt", encoding="utf-8").read().split("\n") if line]
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]  # bytes that stand for themselves come first
    letters = [chr(b) for b in own] + [chr(256 + i) for i in range(256 - len(own))]
    return {t: i for i, t in enumerate(letters + [a + b for a, b in merges])}, merges


def tokenizer(vocab, merges, added):
    t = Tokenizer(models.BPE(vocab, merges))
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    for text in added:
        t.add_tokens([AddedToken(text, special=False, normalized=False)])
        assert t.token_to_id(text) == len(vocab) + added.index(text)
    return t


def main():
    vocab, merges = vocabulary(sys.argv[1])
    older, newer = tokenizer(vocab, merges, ADDED[:22]), tokenizer(vocab, merges, ADDED)
    rows = []
    for text in TEXTS:
        a, b = older.encode(text).ids, newer.encode(text).ids
        rows.append({"text": text, "ids": a, **({"qwen3": b} if a != b else {})})
    source = f"huggingface/tokenizers {tokenizers.__version__}, by qwentokens.py"
    with open(sys.argv[2], "w") as f:
        f.write(json.dumps({"source": source, "texts": rows}, separators=(",", ":")).replace('{"text"', '\n{"text"') + "\n")


if __name__ == "__main__":
    main()
