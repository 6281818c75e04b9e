# python blocks.py, with PyPI gguf 0.19.0, writes blocks.json.gz.
# Blocks of GGUF with random bytes and what PyPI's gguf makes of them.
import gguf, gzip, json, base64, numpy as np
rng = np.random.default_rng(17)
Q = gguf.GGMLQuantizationType
# where half-precision factors lie in a block
half = {Q.Q4_0:[0],Q.Q4_1:[0,2],Q.Q5_0:[0],Q.Q5_1:[0,2],Q.Q8_0:[0],Q.Q2_K:[80,82],Q.Q3_K:[108],Q.Q4_K:[0,2],Q.Q5_K:[0,2],Q.Q6_K:[208]}
out = {}
for q, places in half.items():
    n, size = gguf.GGML_QUANT_SIZES[q]
    count = 6 * 256 // n
    raw = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for p in places:
        f = (rng.standard_normal(count) * 2e-3).astype(np.float16)
        f[0] = np.float16(3e-6)  # below the normal numbers
        raw[:, p:p+2] = f.view(np.uint8).reshape(count, 2)
    v = gguf.dequantize(raw.reshape(1, -1), q).astype("<f4").reshape(-1)
    assert len(v) == 6 * 256 and np.isfinite(v).all(), q
    out[q.name] = {"blocks": base64.b64encode(raw.tobytes()).decode(), "values": base64.b64encode(v.tobytes()).decode()}
with gzip.GzipFile("blocks.json.gz", "wb", mtime=0) as f:
    f.write(json.dumps(out).encode())
