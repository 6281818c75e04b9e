"""Paints in the page at / as a person does, in headless Chromium: page.py URL [SCREENSHOT [SCREENSHOT]]. The model is
app/serve/servetest's."""
import os
import sys
import tempfile
import time

from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.interaction import POINTER_TOUCH
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By

URL = sys.argv[1]
options = webdriver.ChromeOptions()
for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1180,820"):
    options.add_argument(flag)
options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
page = webdriver.Chrome(options=options)
PIXELS = "const c = document.getElementById('picture'); return Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"


def said(text, seconds=30):
    end = time.time() + seconds
    while True:
        now = page.find_element(By.ID, "status").text
        if text in now:
            return now
        assert time.time() < end, f"it says {now!r} and not {text!r}"
        time.sleep(0.01)


try:
    page.get(URL)
    said("press Paint")
    page.find_element(By.ID, "prompt").send_keys("a sun")
    page.find_element(By.ID, "steps").send_keys("30")
    page.find_element(By.ID, "paint").click()
    step = said("Step")
    assert "sigma" in step and "of 30" in step, step
    said("Done")
    before = page.execute_script(PIXELS)
    size = page.execute_script("return [picture.width, picture.height]")
    assert size == [32, 32] and len(set(before)) > 20, size

    mask = page.find_element(By.ID, "mask")
    finger = ActionBuilder(page, mouse=PointerInput(POINTER_TOUCH, "finger"))
    finger.pointer_action.move_to(mask, -40, -40).pointer_down().move_to(mask, 40, -40).move_to(mask, 40, 40).pointer_up()
    finger.perform()
    painted = page.execute_script("const d = mask.getContext('2d').getImageData(0, 0, 32, 32).data; return Array.from(d).filter((v, i) => i % 4 == 3 && v > 0).length")
    assert painted > 3, painted
    covered = page.execute_script("return Array.from(mask.getContext('2d').getImageData(0, 0, 32, 32).data).filter((v, i) => i % 4 == 3)")
    page.find_element(By.ID, "prompt").clear()
    page.find_element(By.ID, "prompt").send_keys("a heart")
    page.find_element(By.ID, "paint").click()
    said("Step")
    said("Done")
    after = page.execute_script(PIXELS)
    moved = [i for i in range(32 * 32) if before[4 * i:4 * i + 4] != after[4 * i:4 * i + 4]]
    assert moved and all(covered[i] > 0 for i in moved), (len(moved), painted)

    # A picture of the person's own: loaded, masked with the finger, and only there painted over while every step is shown.
    with tempfile.TemporaryDirectory() as folder:
        photo = os.path.join(folder, "photo.jpg")
        Image.merge("RGB", [Image.linear_gradient("L").resize((150, 100)), Image.radial_gradient("L").resize((150, 100)), Image.new("L", (150, 100), 90)]).save(photo)
        page.find_element(By.ID, "open").send_keys(photo)
        said("Paint over what is to change")
    assert page.execute_script("return [picture.width, picture.height, mask.width, mask.height]") == [150, 100, 150, 100]
    before = page.execute_script(PIXELS)
    finger = ActionBuilder(page, mouse=PointerInput(POINTER_TOUCH, "finger"))
    finger.pointer_action.move_to(mask, -100, 0).pointer_down().move_to(mask, 0, 60).move_to(mask, 100, 0).pointer_up()
    finger.perform()
    covered = page.execute_script("return Array.from(mask.getContext('2d').getImageData(0, 0, 150, 100).data).filter((v, i) => i % 4 == 3)")
    assert 100 < sum(v > 0 for v in covered) < 9000
    page.find_element(By.ID, "steps").clear()
    page.find_element(By.ID, "steps").send_keys("30")
    page.find_element(By.ID, "paint").click()
    said("Step 5")
    live = page.execute_script(PIXELS)
    if len(sys.argv) > 3:
        page.save_screenshot(sys.argv[3])
    assert live != before and "of 30" in said("Step"), "the steps are not shown"
    said("Done", 120)
    after = page.execute_script(PIXELS)
    assert page.execute_script("return [picture.width, picture.height]") == [150, 100]
    moved = [i for i in range(150 * 100) if before[4 * i:4 * i + 4] != after[4 * i:4 * i + 4]]
    assert len(moved) > 50 and all(covered[i] > 0 for i in moved), (len(moved), sum(v > 0 for v in covered))

    page.find_element(By.ID, "steps").clear()
    page.find_element(By.ID, "steps").send_keys("1000")
    page.find_element(By.ID, "paint").click()
    said("Step 5")
    if len(sys.argv) > 2:
        page.save_screenshot(sys.argv[2])
    page.find_element(By.ID, "stop").click()
    said("Stopped")
    page.find_element(By.ID, "fresh").click()
    page.find_element(By.ID, "prompt").clear()
    page.find_element(By.ID, "prompt").send_keys("nothing that it knows")
    page.find_element(By.ID, "paint").click()
    said("apple, heart")
    bad = [l for l in page.get_log("browser") if l["level"] == "SEVERE" and "favicon" not in l["message"]]
    assert not bad, bad
finally:
    page.quit()
print("the page paints")
