"""A touch screen, and a finger on it, for the window of ``webkit_browser``.

An Xvfb has no touch screen. What GTK would tell WebKit if there were one, it is told here, by calls
that the bindings lack: the touch events themselves, and that there is such a screen.
"""

import ctypes
import socket

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

# What GTK calls, or waits for, must live on.
KEPT = []


class TouchEvent(ctypes.Structure):
    """GDK's GdkEventTouch."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("window", ctypes.c_void_p),
        ("send_event", ctypes.c_int8),
        ("time", ctypes.c_uint32),
        ("x", ctypes.c_double),
        ("y", ctypes.c_double),
        ("axes", ctypes.c_void_p),
        ("state", ctypes.c_uint),
        ("sequence", ctypes.c_void_p),
        ("emulating_pointer", ctypes.c_int),
        ("device", ctypes.c_void_p),
        ("x_root", ctypes.c_double),
        ("y_root", ctypes.c_double),
    )


GDK, GTK, OBJECTS = (
    ctypes.CDLL(name) for name in ("libgdk-3.so.0", "libgtk-3.so.0", "libgobject-2.0.so.0")
)
GDK.gdk_event_new.restype = ctypes.POINTER(TouchEvent)
OBJECTS.g_object_ref.restype = ctypes.c_void_p
OBJECTS.g_object_ref.argtypes = (ctypes.c_void_p,)
for set_device in (GDK.gdk_event_set_device, GDK.gdk_event_set_source_device):
    set_device.argtypes = (ctypes.c_void_p, ctypes.c_void_p)


def touch(view: Gtk.Widget, kind: str, x: float, y: float) -> None:
    """Give GTK an event of the one finger, at a place in the view."""
    window = view.get_window()
    _, left, top = window.get_origin()
    event = GDK.gdk_event_new(int(getattr(Gdk.EventType, f"TOUCH_{kind.upper()}")))
    what = event.contents
    # The hash of a wrapped object is its address. The event is freed with what it refers to.
    what.window = OBJECTS.g_object_ref(hash(window))
    what.time = GLib.get_monotonic_time() // 1000 % 2**32
    what.x, what.y, what.x_root, what.y_root = x, y, left + x, top + y
    what.sequence = 1
    pointer = hash(window.get_display().get_default_seat().get_pointer())
    GDK.gdk_event_set_device(event, pointer)
    GDK.gdk_event_set_source_device(event, pointer)
    GTK.gtk_main_do_event(event)
    GDK.gdk_event_free(event)


def have_touch_screen() -> None:
    """Have GDK say that one is there: a style sheet's ``any-pointer: coarse`` depends on it."""
    answer = Gdk.SeatCapabilities.POINTER | Gdk.SeatCapabilities.KEYBOARD
    answer |= Gdk.SeatCapabilities.TOUCH
    say = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(lambda _: int(answer))
    KEPT.append(say)
    seat = ctypes.cast(
        hash(Gdk.Display.get_default().get_default_seat()),
        ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)),
    )
    # In the class of seats: after GObject's own 17 pointers, and three handlers of signals.
    seat.contents[20] = ctypes.cast(say, ctypes.c_void_p).value
    # A finger that moves late, on a slow machine, does not rest: a long press would not scroll.
    Gtk.Settings.get_default().props.gtk_long_press_time = 60_000


def listen(view: Gtk.Widget, folder: str) -> None:
    """Follow whoever connects to the socket ``finger`` and writes lines ``KIND X Y``."""
    waits = socket.socket(socket.AF_UNIX)
    waits.bind(f"{folder}/finger")
    waits.listen()
    KEPT.append(waits)

    def follow(_: int, __: GLib.IOCondition, connected: socket.socket, lines: object) -> bool:
        line = lines.readline()
        if not line:
            connected.close()
            return False
        kind, x, y = line.split()
        touch(view, kind, float(x), float(y))
        connected.sendall(b"done\n")
        return True

    def meet(*_: object) -> bool:
        connected, _ = waits.accept()
        lines = connected.makefile()
        GLib.io_add_watch(connected.fileno(), GLib.IO_IN | GLib.IO_HUP, follow, connected, lines)
        return True

    GLib.io_add_watch(waits.fileno(), GLib.IO_IN, meet)
