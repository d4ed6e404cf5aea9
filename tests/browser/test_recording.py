"""RecordingExplorer: a reader's own recording, learned in the page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurode_lib.explorers import RecordingExplorer
from neurode_lib.explorers.downloads import load_trained
from neurode_lib.inputs import sampled
from neurode_lib.metrics import predict

EXPLORER = "document.querySelector('[data-name=recording]').explorer"
READ = f"() => {EXPLORER}.recording"
AT_REST = f"() => ['paused', 'finished', 'diverged', 'failed'].includes({EXPLORER}.run.status)"


@pytest.fixture(scope="module")
def pages(site: Any) -> dict[str, str]:
    return {
        "server": site.write("recording.html", RecordingExplorer().to_html()),
        "disk": site.on_disk("recording.html"),
    }


@pytest.fixture
def recording(pages: dict[str, str], new_page: Any, figure: Any) -> Any:
    def open_figure(where: str = "server", **options: Any) -> Any:
        return figure(new_page(pages[where], **options), "recording")

    return open_figure


def press(fig: Any, action: str) -> None:
    fig.root.locator(f'[data-action="{action}"]').click()


def paste(fig: Any, text: str) -> None:
    if not fig.root.locator("textarea").is_visible():
        fig.root.locator("summary", has_text="Paste a table").click()
    fig.root.locator("textarea").fill(text)
    press(fig, "paste")


def notice(fig: Any, text: str) -> None:
    fig.root.locator(".nx-notice", has_text=text).wait_for()


@pytest.mark.parametrize("where", ["server", "disk"])
def test_the_sample_is_learned_and_python_forecasts_the_same(
    where: str, recording: Any, tmp_path: Path
) -> None:
    fig = recording(where)
    press(fig, "sample")
    fig.page.wait_for_function(READ)
    fig.set(updates=500)
    # By keyboard: the button has the focus, and the space bar presses it.
    fig.root.locator('[data-action="train"]').press(" ")
    fig.page.wait_for_function(AT_REST)
    series = fig.series()
    truth, network, linear = (np.array(series[k]["v"]) for k in ("recorded", "network", "linear"))
    errors = [np.sqrt(np.mean((one - truth) ** 2)) for one in (network, linear, truth[0])]
    assert errors[0] < errors[1] < errors[2]
    summary = fig.root.locator(".nx-summary", has_text="is better than both")
    summary.wait_for()
    shown = [float(x) for x in re.findall(r"(\d+\.\d) mV", summary.text_content())]
    assert shown == pytest.approx(errors, abs=0.051)

    with fig.page.expect_download() as waiting:
        press(fig, "download")
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    model = load_trained(path)
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
    start = json.loads(header["metadata"])["start"]
    times, until = np.array(series["recorded"]["t"]), 80
    assert start["time"] == times[0]
    current = sampled(times, series["recorded"]["I"], kind="hold")
    expected = predict(model, [start["state"]], current, times[:until])[0, :, 0]
    # Two ways of float32, over two spikes.
    np.testing.assert_allclose(network[:until], expected, rtol=0, atol=0.05)


ROWS = [f"{0.5 * k:g},{100 * (k % 9 > 4)},{-65 + 0.5 * (k % 13)}" for k in range(400)]
HEADER = "time (ms),current (pA),voltage (mV)"


def test_a_bad_file_is_told_what_is_wrong_and_where(recording: Any) -> None:
    fig = recording()
    paste(fig, "\n".join([HEADER, *ROWS[:20], "3,0,-65", *ROWS[20:]]))
    notice(fig, "line 22: time runs backward: 3 ms after 9.5 ms")
    assert not fig.root.locator(".nx-recorded").is_visible()
    chooser = fig.root.locator('input[type="file"]')
    content = {"name": "cell.abf", "mimeType": "", "buffer": b"ABF2" + bytes(100)}
    chooser.set_input_files(files=[content])
    notice(fig, "cell.abf: line 1: the file is no text")
    # What is right afterwards takes its place.
    paste(fig, "\n".join([HEADER, *ROWS]))
    fig.page.wait_for_function(READ)
    assert fig.root.locator(".nx-notice").text_content() == ""
    assert len(fig.series()["recorded"]["t"]) == len(ROWS)
    assert fig.root.locator("canvas").first.is_visible()


def test_columns_are_chosen_where_the_header_does_not_tell(recording: Any) -> None:
    fig = recording()
    rows = [f"{row},{k % 5}" for k, row in enumerate(ROWS)]
    paste(fig, "\n".join(["t (ms),V1 (mV),V2 (mV),I (pA)", *rows]))
    notice(fig, "more than one column may be voltage")
    for role, column in (("time", "0"), ("current", "3"), ("voltage", "2")):
        fig.root.locator(f'select[data-role="{role}"]').select_option(column)
    fig.page.wait_for_function(READ)
    series = fig.series()["recorded"]
    assert series["I"][:6] == [0, 1, 2, 3, 4, 0]
    assert series["v"][1] == -64.5


def test_a_dropped_file_of_ten_megabytes_is_read_beside_the_page(recording: Any) -> None:
    fig = recording()
    # Made in the page: 10 MB would take long through the driver.
    fig.page.evaluate(
        """header => {
            const rows = [header];
            for (let k = 0; k < 420000; k += 1) {
                const [t, I, v] = [k / 10, k % 90, -65 + (k % 13) / 2];
                rows.push(`${t.toFixed(1)},${I.toFixed(3)},${v.toFixed(4)}`);
            }
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([rows.join("\\n")], "long.csv"));
            window.size = dataTransfer.files[0].size;
            const drop = new DragEvent("drop", {dataTransfer, cancelable: true});
            document.querySelector("[data-name=recording]").dispatchEvent(drop);
        }""",
        HEADER,
    )
    assert fig.page.evaluate("window.size") > 9.5e6
    fig.page.wait_for_function(READ)
    fig.root.locator(".nx-summary", has_text="420000 samples, 41999.9 ms.").wait_for()


def test_stretches_are_chosen_and_a_change_starts_over(recording: Any) -> None:
    fig = recording(viewport={"width": 390, "height": 800})
    paste(fig, "\n".join([HEADER, *ROWS]))
    fig.page.wait_for_function(READ)
    fig.slider("predict_from").press("ArrowLeft")
    assert fig.state()["predict_from"] == 69
    fig.set(updates=200, train_to=69)
    press(fig, "step")
    fig.page.wait_for_function(f"() => {EXPLORER}.run.update === 1")
    assert fig.series()["network"]["t"][0] == pytest.approx(0.69 * 200)
    fig.set(train_to=80)
    assert fig.root.evaluate("el => el.explorer.run.update") == 0
    press(fig, "step")
    fig.root.locator(".nx-summary", has_text="The two stretches overlap").wait_for()
    fig.set(train_to=3)
    press(fig, "train")
    notice(fig, "Not trained: the stretch to train on has no")
    wide = fig.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
