// The buttons of an explorer that trains, and the file that it hands out.
import { h } from "../drawing/dom.js";

/** @param explorer with run, startOver() and download() */
export function trainingButtons(explorer) {
  const button = (action, text, onclick) => h("button", { type: "button", "data-action": action, onclick }, text);
  const buttons = {
    train: button("train", "Train", () => explorer.run.say(explorer.run.running ? "pause" : "train")),
    step: button("step", "One update", () => explorer.run.say("step")),
    again: button("again", "Start over", () => explorer.startOver()),
    download: button("download", "Download weights", () => explorer.download()),
  };
  buttons.train.classList.add("nx-primary");
  return buttons;
}

/** Let them offer what the run allows; returns whether there is a network at rest. */
export function offerButtons({ train, step, again, download }, run) {
  train.textContent = run.running ? "Pause" : run.update > 0 && !run.over ? "Continue" : "Train";
  train.disabled = run.over;
  step.disabled = run.running || run.over;
  again.disabled = run.status === "new";
  const trained = run.update > 0 && !run.running;
  download.disabled = !trained;
  return trained;
}

export function save(file, name) {
  const url = URL.createObjectURL(new Blob([file], { type: "application/octet-stream" }));
  h("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
