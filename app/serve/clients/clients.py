"""Uses the server as its clients do: clients.py URL CLOSED_URL TOKEN. The model is app/serve/servetest's."""
import io
import sys
import threading
import time
import urllib.parse

import openai
import webuiapi
from PIL import Image, ImageChops, ImageDraw

URL, CLOSED, TOKEN = sys.argv[1:]


def picture(size=(64, 48)):
    img = Image.new("RGB", size)
    img.putdata([(3 * x % 256, 5 * y % 256, (x + y) % 256) for y in range(size[1]) for x in range(size[0])])
    return img


def automatic():
    at = urllib.parse.urlparse(URL)
    api = webuiapi.WebUIApi(host=at.hostname, port=at.port, sampler="Euler a", steps=6)
    assert "Euler a" in api.util_get_sampler_names() and "karras" in api.util_get_scheduler_names()
    made = api.txt2img(prompt="a sun", negative_prompt="rain", seed=1003, width=32, height=32, cfg_scale=1)
    assert made.image.size == (32, 32) and made.info["all_seeds"] == [1003] and made.parameters["prompt"] == "a sun", made.info
    assert "Seed: 1003" in api.png_info(made.image).info
    again = api.txt2img(prompt="a sun", seed=1003, width=32, height=32, cfg_scale=1, batch_size=2)
    assert len(again.images) == 2 and not ImageChops.difference(again.images[0], made.image).getbbox()

    base, mask = picture(), Image.new("L", (64, 48))
    ImageDraw.Draw(mask).rectangle((10, 10, 29, 29), fill=255)
    for whole in (True, False):
        out = api.img2img(images=[base], mask_image=mask, prompt="heart", width=64, height=48, inpaint_full_res=whole, inpainting_fill=1, denoising_strength=0.8, cfg_scale=1)
        box = ImageChops.difference(out.image.convert("RGB"), base).getbbox()
        assert box and box[0] >= 10 and box[1] >= 10 and box[2] <= 30 and box[3] <= 30, box
    large = api.txt2img(prompt="sun", width=32, height=32, enable_hr=True, hr_scale=1.5, denoising_strength=0.5, cfg_scale=1)
    assert large.image.size == (48, 48), large.image.size
    assert api.extra_single_image(base, upscaler_1=webuiapi.Upscaler.Lanczos, upscaling_resize=1.5).image.size == (96, 72)
    assert len(api.extra_batch_images([base, base], upscaler_1=webuiapi.Upscaler.Lanczos).images) == 2

    slow = {}
    t = threading.Thread(target=lambda: slow.update(r=api.txt2img(prompt="moon", steps=1000, width=32, height=32)))
    t.start()
    other = webuiapi.WebUIApi(host=at.hostname, port=at.port)
    while True:
        p = other.get_progress()
        if p["state"]["sampling_step"] > 3 and p["current_image"]:
            break
        time.sleep(0.01)
    other.interrupt()
    t.join(60)
    assert slow["r"].image.size == (32, 32)
    api.util_wait_for_ready(0.1)

    assert len(api.get_sd_models()) == 2
    api.util_set_model("other")
    assert api.util_get_current_model().startswith("other")
    for get in (api.get_options, api.get_cmd_flags, api.get_upscalers, api.get_latent_upscale_modes, api.get_loras, api.get_hypernetworks, api.get_face_restorers,
                api.get_realesrgan_models, api.get_prompt_styles, api.get_embeddings, api.get_memory, api.get_scripts, api.get_sd_vae, api.refresh_checkpoints):
        get()
    try:
        api.txt2img(prompt="sun", width=100000, height=100000)
        raise AssertionError("10^5 px were made")
    except RuntimeError as e:
        assert e.args[0] == 422, e
    at = urllib.parse.urlparse(CLOSED)
    try:
        webuiapi.WebUIApi(host=at.hostname, port=at.port).txt2img(prompt="sun")
        raise AssertionError("the door was open")
    except RuntimeError as e:
        assert e.args[0] == 401, e
    assert webuiapi.WebUIApi(host=at.hostname, port=at.port, username="me", password=TOKEN).txt2img(prompt="sun", width=32, height=32).image


def png(img):
    out = io.BytesIO()
    img.save(out, "PNG")
    return ("picture.png", out.getvalue(), "image/png")


def decoded(entry):
    import base64
    return Image.open(io.BytesIO(base64.b64decode(entry.b64_json)))


def images():
    client = openai.OpenAI(base_url=CLOSED + "/v1", api_key=TOKEN, max_retries=0)
    assert {m.id for m in client.models.list()} == {"tiny", "other"}
    made = client.images.generate(model="dall-e-2", prompt="a sun", n=2, size="256x256", response_format="b64_json")
    assert [decoded(d).size for d in made.data] == [(256, 256)] * 2
    base = picture((64, 64))
    mask = Image.new("RGBA", (64, 64), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (10, 10, 30, 30))
    edited = client.images.edit(image=png(base), mask=png(mask), prompt="a heart", response_format="b64_json", extra_body={"steps": 4})
    box = ImageChops.difference(decoded(edited.data[0]).convert("RGB"), base).getbbox()
    assert box and box[0] >= 10 and box[2] <= 30 and box[1] >= 10 and box[3] <= 30, box
    assert len(client.images.create_variation(image=png(base), n=2, response_format="b64_json").data) == 2
    kinds = [e.type for e in client.images.generate(model="tiny", prompt="sun", stream=True, partial_images=2, extra_body={"steps": 20})]
    assert kinds[-1] == "image_generation.completed" and kinds[0] == "image_generation.partial_image", kinds
    for wrong, error in (({"n": 11}, openai.BadRequestError), ({"model": "none"}, openai.NotFoundError), ({"size": "1x"}, openai.BadRequestError)):
        try:
            client.images.generate(prompt="sun", **wrong)
            raise AssertionError(wrong)
        except error:
            pass
    try:
        openai.OpenAI(base_url=CLOSED + "/v1", api_key="another", max_retries=0).models.list()
        raise AssertionError("the door was open")
    except openai.AuthenticationError:
        pass


automatic()
images()
print("webuiapi and openai", openai.__version__, "are served")
