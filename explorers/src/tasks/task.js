// A task on the page: its box is there already, with hint and answer folded; this adds what checks it.

import { h, uniqueId } from "../drawing/dom.js";
import { agrees } from "./answers.js";
import { missing } from "./conditions.js";
import { recall, remember } from "./memory.js";

const NOT_YET = "Not yet. Look at the hint, or try again.";

/** The reader sets a figure, and the button looks at it. */
class FigureForm {
  constructor(_box, { figure, conditions }) {
    this.figure = figure;
    this.conditions = conditions;
    this.elements = [];
    this.given = null;
  }

  /** @returns what is wrong, or null */
  async check() {
    const { explorer } = document.querySelector(`.neurode-explorer[data-name="${this.figure}"]`) ?? {};
    if (!explorer) return "The figure is not there: it needs JavaScript, and did not start.";
    return missing(this.conditions, explorer);
  }

  show() {}
}

/** The list of the text becomes one to choose from. */
class ChoiceForm {
  constructor(box, { answer }) {
    this.answer = answer;
    this.elements = [];
    const list = box.querySelector(":scope > ol");
    const name = uniqueId();
    this.radios = [...list.children].map((item, index) => {
      const radio = h("input", { type: "radio", name, value: String(index + 1) });
      // A list of choices is a group of radio buttons, and its items are no list's.
      item.setAttribute("role", "none");
      item.replaceChildren(h("label", {}, radio, h("span", {}, ...item.childNodes)));
      return radio;
    });
    list.classList.add("nt-choices");
    list.setAttribute("role", "radiogroup");
    list.setAttribute("aria-label", box.querySelector(".admonition-title").textContent);
  }

  get given() {
    return this.radios.find((radio) => radio.checked)?.value ?? null;
  }

  check() {
    if (this.given === null) return "Choose one of them.";
    return this.given === this.answer ? null : NOT_YET;
  }

  show(given) {
    for (const radio of this.radios) radio.checked = radio.value === given;
  }
}

/** A number to type. */
class NumberForm {
  constructor(_box, { answer }) {
    this.answer = answer;
    this.input = h("input", { type: "text", inputmode: "decimal", autocomplete: "off", size: "10" });
    this.elements = [h("label", {}, "Your answer ", this.input)];
  }

  get given() {
    return this.input.value;
  }

  check() {
    return agrees(this.given, this.answer) ? null : NOT_YET;
  }

  show(given) {
    this.input.value = given ?? "";
  }
}

const FORMS = { figure: FigureForm, choice: ChoiceForm, number: NumberForm };

export class Task {
  /** @param mark the element that says what is asked: <div class="nt" data-id data-kind data-task> in the box */
  constructor(mark, storage) {
    this.id = mark.dataset.id;
    this.storage = storage;
    this.box = mark.parentElement;
    this.form = new FORMS[mark.dataset.kind](this.box, JSON.parse(mark.dataset.task));
    this.said = h("span", { class: "nt-said", role: "status" });
    this.again = h("button", { type: "button", "data-action": "forget", onclick: () => this.forget() }, "Start over");
    this.folds = [...this.box.querySelectorAll(":scope > details")];
    this.folds[0].before(
      h(
        "form",
        {
          class: "nt-form",
          onsubmit: (event) => {
            event.preventDefault();
            this.check();
          },
        },
        ...this.form.elements,
        h("button", { type: "submit", "data-action": "check" }, "Check"),
        this.again,
        this.said,
      ),
    );
    for (const fold of this.folds) fold.addEventListener("toggle", () => this.keep());
    this.restore(recall(storage, this.id));
  }

  async check() {
    const wrong = await this.form.check();
    this.tell(wrong ?? "Right.", wrong === null);
    if (wrong === null) this.folds.at(-1).open = true; // the answer, or what there is to say about it
    this.keep();
  }

  tell(words, right) {
    this.said.textContent = words;
    this.box.classList.toggle("nt-right", right);
    this.again.hidden = words === "";
  }

  keep() {
    const memory = {
      given: this.form.given,
      said: this.said.textContent,
      right: this.box.classList.contains("nt-right"),
      open: this.folds.map((fold) => fold.open),
    };
    const untouched = memory.said === "" && !memory.open.includes(true);
    remember(this.storage, this.id, untouched ? null : memory);
  }

  restore({ given = null, said = "", right = false, open = [] }) {
    this.form.show(given);
    this.tell(said, right);
    this.folds.forEach((fold, index) => {
      fold.open = open[index] ?? false;
    });
  }

  forget() {
    this.restore({});
    this.keep();
  }
}
