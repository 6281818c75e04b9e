# Opens an OpenRaster file with MyPaint's own library, tells its layers as JSON, and saves it again as OUT.png and OUT.ora.
# python3 mypaint.py MYPAINT-FOLDER IN.ora OUT
import json, sys

sys.path.insert(0, sys.argv[1])
import gi

gi.require_version("Gtk", "3.0")
import lib.document

doc = lib.document.Document()
doc.load(sys.argv[2])
layers = []
for _, layer in doc.layer_stack.walk():
    x, y, w, h = layer.get_bbox()
    layers.append({"name": layer.name, "visible": layer.visible, "opacity": layer.opacity, "x": x, "y": y, "w": w, "h": h})
x, y, w, h = doc.get_effective_bbox()
doc.save(sys.argv[3] + ".png", alpha=True)
doc.save(sys.argv[3] + ".ora")
print(json.dumps({"x": x, "y": y, "layers": layers}))
