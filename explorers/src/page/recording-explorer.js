// RecordingExplorer: the reader's own recording, and a network with hidden states that learns its voltage.

import { h, picture, uniqueId, write } from "../drawing/dom.js";
import { Panel, surface } from "../drawing/plot.js";
import { format } from "../drawing/scale.js";
import { writeSafetensors } from "../network/safetensors.js";
import { spikeTimes } from "../neuron/integrators.js";
import { QUANTITIES } from "../recording/columns.js";
import { readInWorker, TrainingClient } from "../training/worker-client.js";
import { choiceSlider, folded, number, select, slider } from "./controls.js";
import { Explorer } from "./explorer.js";
import { spec } from "./spec.js";
import { offerButtons, save, trainingButtons } from "./training-buttons.js";

const BINS = 1500; // of the overview, each drawn from its lowest value to its highest
const SPIKE = -20; // mV: a rise through it is a spike
const REFUSED =
  "This browser does not let the page compute beside itself (it refuses web workers), so nothing can be read or trained here.";

export class RecordingExplorer extends Explorer {
  constructor(el, state, options) {
    super(el, spec.recording, state, options);
    this.follow();
  }

  buildStage() {
    this.overview = picture("The recording: voltage and current against time");
    this.traces = picture("Voltage against time: recorded, and predicted");
    this.notice = h("p", { class: "nx-notice", role: "alert" });
    this.notes = h("p", { class: "nx-hint" });
    this.progress = h("p", { class: "nx-readout", role: "status" });
    this.buttons = trainingButtons(this);
    this.drawn = new Map();
    this.renew();
    this.results = h(
      "div",
      { class: "nx-recorded", hidden: true },
      h("div", { class: "nx-long nx-two-rows nx-overview" }, this.overview),
      this.notes,
      h("div", { class: "nx-bar", role: "group", "aria-label": "Training" }, ...Object.values(this.buttons)),
      this.progress,
      h(
        "p",
        { class: "nx-legend" },
        h("span", { class: "nx-title nx-truth" }, "Recorded"),
        " ",
        h("span", { class: "nx-title nx-yours" }, "Network"),
        " ",
        h("span", { class: "nx-title nx-loss" }, "Linear model"),
      ),
      h("div", { class: "nx-long" }, this.traces),
    );
    this.listen();
    return h("div", { class: "nx-recording" }, this.buildInput(), this.notice, this.results);
  }

  buildInput() {
    const file = h("input", {
      type: "file",
      id: uniqueId(),
      accept: ".csv,.tsv,.txt,.dat,.asc,.atf,text/*",
      onchange: () => {
        if (file.files[0]) this.read({ file: file.files[0] }, file.files[0].name);
        file.value = ""; // the same file again is a change, too
      },
    });
    const table = h("textarea", {
      id: uniqueId(),
      rows: 5,
      spellcheck: "false",
      placeholder: "time (ms), current (pA), voltage (mV)",
    });
    return h(
      "div",
      { class: "nx-input" },
      h(
        "div",
        { class: "nx-bar" },
        h(
          "button",
          {
            type: "button",
            class: "nx-primary",
            "data-action": "sample",
            onclick: () => this.read({ sample: true }, "the sample"),
          },
          "Sample recording",
        ),
        h("label", { for: file.id }, "or a file of yours"),
        file,
      ),
      h(
        "details",
        { class: "nx-more" },
        h("summary", {}, "Paste a table"),
        h("label", { for: table.id }, "Columns for time, current and voltage:"),
        table,
        h(
          "button",
          { type: "button", "data-action": "paste", onclick: () => this.read({ text: table.value }, "the table") },
          "Read it",
        ),
      ),
      h(
        "p",
        { class: "nx-hint" },
        "Or drop a file here. Nothing is uploaded: your browser reads the file and trains on it, on this machine. The sample is a simulated Hodgkin–Huxley neuron under a fluctuating current, with noise and an amplifier's filter.",
      ),
    );
  }

  /** A file that is dropped on the figure. */
  listen() {
    const { el } = this;
    const over = (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      el.classList.toggle("nx-over", event.type === "dragover");
      const [file] = event.dataTransfer.files;
      if (event.type === "drop" && file) this.read({ file }, file.name);
    };
    for (const type of ["dragover", "dragleave", "drop"]) el.addEventListener(type, over);
    this.unlisten = () => {
      for (const type of ["dragover", "dragleave", "drop"]) el.removeEventListener(type, over);
    };
  }

  buildControls() {
    const { fields } = this.spec;
    const change = (changes) => this.set(changes);
    const numbers = (name) => fields[name].choices.map((value) => [String(value), String(value)]);
    const row = (...items) => h("div", { class: "nx-row" }, ...items.map((item) => this.adopt(item)));
    const place = (name, words) =>
      slider(name, [words], fields[name], change, { describe: (state) => `${state[name]} per cent of the recording` });
    this.columns = Object.fromEntries(
      QUANTITIES.map((role) => [
        role,
        h("select", { id: uniqueId(), "data-role": role, onchange: () => this.choose() }),
      ]),
    );
    this.columnRow = h(
      "div",
      { class: "nx-row", hidden: true },
      ...QUANTITIES.map((role) =>
        h(
          "span",
          { class: "nx-select" },
          h("label", { for: this.columns[role].id }, `Column of the ${role}`),
          this.columns[role],
        ),
      ),
    );
    return [
      this.columnRow,
      place("train_from", "Train from, %"),
      place("train_to", "Train to, %"),
      place("predict_from", "Predict from, %"),
      place("predict_to", "Predict to, %"),
      row(
        select("states", ["Hidden states"], numbers("states"), change),
        select("updates", ["Updates"], numbers("updates"), change),
      ),
      folded(
        "More settings",
        choiceSlider("window", ["Window that is predicted, ms"], fields.window.choices, change),
        choiceSlider("shown", ["Voltage shown before it, ms"], fields.shown.choices, change),
        row(
          select("step", ["Step, ms"], numbers("step"), change),
          select("hidden", ["Hidden units"], numbers("hidden"), change),
          select("lr", ["Learning rate"], numbers("lr"), change),
          number("seed", ["Seed"], fields.seed, change),
        ),
      ),
    ];
  }

  /** Read a file, a pasted table or the sample, in a worker; what was there before goes. */
  async read(source, name, choice = null) {
    const asked = { source, name };
    this.asked = asked;
    this.recording = null;
    this.renew();
    this.notice.textContent = "";
    this.tell(`Reading ${name} …`);
    let answer;
    try {
      answer = await readInWorker(this.options.trainer, { ...source, choice });
    } catch (error) {
      answer = { problem: error.message, names: [] };
    }
    if (this.asked !== asked) return; // something else was asked for meanwhile
    this.tell("");
    answer ??= { problem: REFUSED, names: [] };
    this.notice.textContent = answer.problem ? `${name}: ${answer.problem}.` : "";
    this.recording = answer.recording ?? null;
    this.notes.textContent = this.recording?.notes.join(" ") ?? "";
    this.columnRow.hidden = answer.names.length === 0;
    for (const role of QUANTITIES) {
      const chosen = answer.choice?.[role] ?? null;
      const option = (value, text) => h("option", { value, selected: value === String(chosen ?? "") }, text);
      this.columns[role].replaceChildren(
        ...(chosen === null ? [option("", "—")] : []),
        ...answer.names.map((words, k) => option(String(k), words)),
      );
    }
    if (this.recording) {
      const { t, I, v } = this.recording;
      this.curves = { v: envelope(t, v), I: envelope(t, I) };
    }
    this.startOver();
  }

  /** Other columns than those that were taken. */
  choose() {
    const index = ({ value }) => (value === "" ? null : Number(value));
    const choice = Object.fromEntries(QUANTITIES.map((role) => [role, index(this.columns[role])]));
    this.read(this.asked.source, this.asked.name, choice);
  }

  set(changes, options) {
    const before = this.state;
    super.set(changes, options);
    // All settings describe the training: what is shown always belongs to what is set.
    if (this.state !== before) this.startOver();
  }

  startOver() {
    this.renew();
    this.follow();
  }

  renew() {
    this.run?.stop();
    this.run = new TrainingClient({ ...this.state }, this.spec.recipe, {
      source: this.options.trainer,
      refused: () => this.run.become("failed", REFUSED),
      changed: () => this.follow(),
      recording: this.recording && { t: this.recording.t, I: this.recording.I, v: this.recording.v },
    });
  }

  /** Show what the run has come to. */
  follow() {
    const { run, buttons, recording } = this;
    this.results.hidden = !recording;
    const trained = offerButtons(buttons, run);
    if (run.status === "failed") this.notice.textContent = `Not trained: ${run.problem}.`;
    if (run.status === "diverged") {
      this.notice.textContent = `The loss stopped being finite after ${run.update} updates; the network is the last one before.`;
    }
    this.stale = true;
    this.invalidate();
    if (trained) this.options.onTrained?.(this.file());
  }

  /** The network as neurode_lib.explorers.downloads reads it. */
  file() {
    const { run } = this;
    const { forecast } = run;
    return writeSafetensors(run.tensors(), {
      kind: "neural_ode",
      time_input: false,
      hidden: run.settings.hidden,
      state_dim: 1 + run.settings.states,
      currents: forecast.currents,
      scaling: forecast.scaling,
      start: { time: forecast.t[0], state: forecast.start },
      updates: run.update,
      rmse: { ...forecast.errors, network: run.errors.at(-1)[1] },
      settings: run.settings,
    });
  }

  download() {
    save(this.file(), `recording-seed-${this.state.seed}.safetensors`);
  }

  compute(state) {
    return { state, recording: this.recording, forecast: this.run.forecast ?? null };
  }

  seriesOf({ recording, forecast }) {
    if (!forecast)
      return recording ? { recorded: { t: [...recording.t], v: [...recording.v], I: [...recording.I] } } : {};
    const t = [...forecast.t];
    return {
      recorded: { t, v: [...forecast.recorded], I: [...forecast.I] },
      network: { t, v: [...forecast.path] },
      linear: { t, v: [...forecast.linear] },
    };
  }

  *draw(scene, colours) {
    if (!scene.recording) return;
    const { train_from, train_to, predict_from, predict_to } = scene.state;
    // A report comes a dozen times a second, another forecast once: what has not changed stays on its canvas.
    this.drawAnew(this.overview, [scene.recording, train_from, train_to, predict_from, predict_to], colours, () =>
      this.drawOverview(scene, colours),
    );
    yield;
    this.drawAnew(this.traces, [scene.recording, scene.forecast], colours, () => this.drawTraces(scene, colours));
    const words = this.tellProgress();
    write(this.progress, words);
  }

  /** Draw on a canvas if what is shown has changed, or its size, letters or colours. */
  drawAnew(canvas, shown, { halo, ink }, paint) {
    const key = [
      ...shown,
      canvas.clientWidth,
      canvas.clientHeight,
      devicePixelRatio,
      document.fonts?.status,
      halo,
      ink,
    ];
    const before = this.drawn.get(canvas);
    if (before && key.every((value, i) => value === before[i])) return;
    this.drawn.set(canvas, key);
    paint();
  }

  drawOverview({ state, recording }, colours) {
    const { ctx, width, height } = surface(this.overview);
    const { t } = recording;
    const domain = [t[0], t.at(-1)];
    const place = (percent) => domain[0] + ((domain[1] - domain[0]) * percent) / 100;
    const middle = height * 0.6;
    const rows = [
      ["v", "V / mV", 6, middle - 6],
      ["I", `I / ${recording.units.current === "uA/cm2" ? "µA/cm²" : "pA"}`, middle + 6, height - 24],
    ];
    for (const [name, label, top, bottom] of rows) {
      const curve = this.curves[name];
      const panel = new Panel(ctx, { left: 42, top, right: width - 13, bottom }, domain, curve.domain);
      panel.clipped(() => {
        for (const [from, to, colour] of [
          [state.train_from, state.train_to, colours.losses],
          [state.predict_from, state.predict_to, colours.yours],
        ]) {
          ctx.save();
          ctx.fillStyle = colour;
          ctx.globalAlpha = 0.16;
          ctx.fillRect(panel.x(place(from)), top, panel.x(place(to)) - panel.x(place(from)), bottom - top);
          ctx.restore();
        }
        panel.curve(curve.x, curve.y, { colour: colours.ink, width: 1, alpha: 0.75 });
        if (name === "v") {
          const write = (words, at, colour) =>
            panel.text(words, panel.x(place(at)) + 5, bottom - 10, {
              colour,
              halo: colours.halo,
              size: 12,
              maths: false,
            });
          write("train", state.train_from, colours.losses);
          write("predict", state.predict_from, colours.yours);
        }
      });
      panel.axes(colours, {
        xLabel: name === "I" ? "t / ms" : "",
        yLabel: label,
        yTicks: name === "v" ? 5 : 3,
        xNumbers: name === "I",
      });
    }
  }

  drawTraces({ forecast }, colours) {
    const { ctx, width, height } = surface(this.traces);
    if (!forecast) return;
    const { t, recorded, path, linear } = forecast;
    const panel = new Panel(
      ctx,
      { left: 42, top: 6, right: width - 13, bottom: height - 24 },
      [t[0], t.at(-1)],
      this.curves.v.domain,
    );
    panel.clipped(() => {
      for (const [values, style] of [
        [recorded, { colour: colours.truth, width: 3.5, alpha: 0.4 }],
        [linear, { colour: colours.losses, width: 1.25 }],
        [path, { colour: colours.yours, width: 1.75 }],
      ]) {
        const { x, y } = envelope(t, values);
        panel.curve(x, y, style);
      }
    });
    panel.axes(colours, {
      xLabel: "t / ms",
      yLabel: "V / mV",
      yTicks: 4,
      xTicks: 8,
    });
  }

  tellProgress() {
    const { run, state } = this;
    if (run.status === "loading") return "starting …";
    if (run.errors.length === 0) return "Not trained yet: press Train.";
    const rate = run.seconds > 0 ? ` · ${Math.round(run.update / run.seconds)} updates/s` : "";
    return `update ${run.update} of ${state.updates} · forecast's error ${this.written(run.errors.at(-1)[1])}${rate}`;
  }

  /** An error of the voltage, with its unit. */
  written(error) {
    return Number.isFinite(error) ? `${format(error, error < 1 ? 3 : 1)} mV` : "without limit";
  }

  /** While it trains, the summary is rewritten at every quarter only. */
  speak(scene) {
    const { run } = this;
    const quarter = run.running ? Math.floor((4 * run.update) / this.state.updates) : null;
    if (quarter !== null && quarter === this.quarter) return;
    this.quarter = quarter;
    super.speak(scene);
  }

  describe({ state, recording, forecast }) {
    if (!recording) return;
    const { t } = recording;
    this.overview.setAttribute(
      "aria-label",
      `The recording from ${format(t[0], 1)} to ${format(t.at(-1), 1)} ms: above the voltage, below the current. ` +
        `Shaded: from ${state.train_from} to ${state.train_to} per cent what is trained on, from ${state.predict_from} to ${state.predict_to} per cent what is predicted.`,
    );
    this.traces.setAttribute(
      "aria-label",
      forecast
        ? "The stretch to predict: the recorded voltage in grey, the network's forecast in blue, the linear model's in orange."
        : "The stretch to predict: nothing trained yet.",
    );
  }

  summary({ recording, forecast }) {
    if (!recording)
      return [
        h("strong", {}, "No recording yet."),
        " Try the sample, or drop a file with columns for time, current and voltage.",
      ];
    if (!forecast) {
      const { t } = recording;
      return [h("strong", {}, `${t.length} samples, ${format(t.at(-1) - t[0], 1)} ms.`), " Not trained yet."];
    }
    const { run } = this;
    const [at, error] = run.errors.at(-1);
    const { linear, still } = forecast.errors;
    const best = error < linear && error < still;
    const verdict = best
      ? "The network's forecast is better than both."
      : error < still
        ? "The network's forecast is no better than the linear model's."
        : "The network's forecast is no better than to say that nothing changes.";
    const overlap = forecast.overlap > 0 ? " The two stretches overlap, so some of this voltage was learned from." : "";
    return [
      h("strong", {}, run.running ? "Training." : verdict),
      ` After ${at} updates, root mean squared error of the voltage over the stretch to predict: network ${this.written(error)}, ` +
        `linear model ${this.written(linear)}, voltage that stays as it is ${this.written(still)}.${this.countSpikes(forecast)}${overlap}`,
    ];
  }

  countSpikes({ t, recorded, path }) {
    const count = (v) => spikeTimes({ t, v }, SPIKE).length;
    const [truth, network] = [count(recorded), count(path)];
    return truth + network > 0 ? ` Spikes: recorded ${truth}, network ${network}.` : "";
  }

  destroy() {
    this.unlisten();
    this.run.stop();
    super.destroy();
  }
}

/** A curve of at most 2 · BINS points that looks like all of them: lowest and highest value of each bin. */
function envelope(t, values) {
  const width = Math.max(1, Math.ceil(values.length / BINS));
  const [x, y] = [[], []];
  for (let from = 0; from < values.length; from += width) {
    let [least, most] = [-1, -1];
    for (let i = from; i < Math.min(from + width, values.length); i += 1) {
      if (!Number.isFinite(values[i])) continue;
      if (least < 0 || values[i] < values[least]) least = i;
      if (most < 0 || values[i] > values[most]) most = i;
    }
    if (least < 0) continue;
    for (const i of new Set([Math.min(least, most), Math.max(least, most)])) {
      x.push(t[i]);
      y.push(values[i]);
    }
  }
  const [low, high] = y.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  const margin = 0.06 * (high - low) || 1;
  return { x, y, domain: [low - margin, high + margin] };
}
