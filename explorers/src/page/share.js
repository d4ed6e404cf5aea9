// "Share": the link to what a figure shows, and the code that shows it in another page.
import { h, uniqueId } from "../drawing/dom.js";

/**
 * A button that opens a dialog.
 * @param offers () → { link, embed } for what is shown now. `embed` is undefined where the figure has no
 *   small page of its own, and null where nobody can know that page's address.
 */
export function shareButton(offers) {
  return h(
    "button",
    {
      type: "button",
      "data-action": "share",
      "aria-haspopup": "dialog",
      onclick: ({ currentTarget }) => {
        const dialog = shareDialog(offers());
        currentTarget.after(dialog);
        dialog.showModal(); // keeps the focus within; Escape closes, and the focus returns to the button
      },
    },
    "Share",
  );
}

function shareDialog({ link, embed }) {
  const said = h("p", { class: "nx-said", role: "status" });
  const title = h("p", { class: "nx-title", id: uniqueId() }, "Share this view");
  const dialog = h(
    "dialog",
    {
      class: "nx-share",
      "aria-labelledby": title.id,
      // The dialog itself is hit only where it is its backdrop: what it holds covers it.
      onclick: (event) => event.target === dialog && dialog.close(),
      onclose: () => dialog.remove(),
    },
    h(
      "div",
      {},
      title,
      ...copyable("link", "Link to this view", h("input", { type: "text" }), link, said),
      ...(embed
        ? copyable("embed code", "To show the figure in another page", h("textarea", { rows: 4 }), embed, said)
        : []),
      embed === null
        ? h(
            "p",
            {},
            "This page is read from a disk and does not say where it is published, so there is no code to embed it.",
          )
        : null,
      said,
      h("button", { type: "button", "data-action": "close", onclick: () => dialog.close() }, "Close"),
    ),
  );
  return dialog;
}

/** A field that holds `text`, and a button that copies it. */
function copyable(what, label, field, text, said) {
  field.id = uniqueId();
  field.value = text;
  field.readOnly = true;
  field.spellcheck = false;
  const copy = async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = `Copied the ${what}.`;
    } catch {
      // No clipboard: an unsafe origin, another page's frame, or refused.
      field.focus();
      said.textContent = "The browser does not let this page copy. The text is selected: copy it by the keyboard.";
    }
  };
  const action = `copy-${what.replace(" ", "-")}`;
  return [
    h("label", { for: field.id }, label),
    field,
    h("button", { type: "button", "data-action": action, autofocus: what === "link", onclick: copy }, `Copy ${what}`),
  ];
}
