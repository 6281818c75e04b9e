from krita import DockWidgetFactory, DockWidgetFactoryBase, Krita

from .docker import Nirvana

Krita.instance().addDockWidgetFactory(DockWidgetFactory("nirvana", DockWidgetFactoryBase.DockRight, Nirvana))
