"""A window with WebKitGTK in it, for WebKitWebDriver to drive.

Run by the system's Python, which has the bindings: ``webkit_browser.py FOLDER [touch]``. Into the
folder go what it stores, and a file ``console``; with ``touch``, also what ``webkit_finger`` says.
"""

import os
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
import webkit_finger  # noqa: E402
from gi.repository import Gtk, WebKit2  # noqa: E402

TOUCH = "touch" in sys.argv[2:]


def create_view(context: WebKit2.WebContext) -> WebKit2.WebView:
    """Return a page in a window of its own."""
    settings = WebKit2.Settings(enable_write_console_messages_to_stdout=True)
    view = WebKit2.WebView(web_context=context, settings=settings, is_controlled_by_automation=True)
    window = Gtk.Window(default_width=1280, default_height=900)
    window.add(view)
    # When the driver ends its session it closes the page.
    view.connect("close", lambda _: window.destroy())
    window.connect("destroy", Gtk.main_quit)
    window.show_all()
    if TOUCH:
        webkit_finger.listen(view, sys.argv[1])
    return view


def begin(context: WebKit2.WebContext, session: WebKit2.AutomationSession) -> None:
    """Answer a driver that wants to drive."""
    about = WebKit2.ApplicationInfo.new()
    about.set_name("WebKitGTK")
    about.set_version(
        WebKit2.get_major_version(), WebKit2.get_minor_version(), WebKit2.get_micro_version()
    )
    session.set_application_info(about)
    session.connect("create-web-view", lambda _: create_view(context))


def main() -> None:
    folder = sys.argv[1]
    # The setting says stdout; WebKit writes to stderr, from here or a process that it starts.
    os.dup2(os.open(f"{folder}/console", os.O_WRONLY | os.O_APPEND), sys.stderr.fileno())
    if TOUCH:
        webkit_finger.have_touch_screen()
    # Not an ephemeral context: of those, WebKit writes no console.
    context = WebKit2.WebContext.new_with_website_data_manager(
        WebKit2.WebsiteDataManager(base_data_directory=folder, base_cache_directory=folder)
    )
    context.set_automation_allowed(True)
    context.connect("automation-started", begin)
    Gtk.main()


main()
