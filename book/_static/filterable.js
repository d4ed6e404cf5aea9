// Gives tables with data-filters="topic verdict" one choice for each of these, made from the
// rows' data-topic and data-verdict. Without it every row is there.
(function () {
  "use strict";

  function choice(rows, name, changed) {
    var label = document.createElement("label");
    var select = document.createElement("select");
    var values = [];
    rows.forEach(function (row) {
      var value = row.getAttribute("data-" + name);
      if (values.indexOf(value) < 0) values.push(value);
    });
    select.name = name;
    select.appendChild(new Option("all", ""));
    values.forEach(function (value) {
      select.appendChild(new Option(value, value));
    });
    select.addEventListener("change", changed);
    label.appendChild(document.createTextNode(name + " "));
    label.appendChild(select);
    return { name: name, label: label, select: select };
  }

  function prepare(table) {
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    var count = document.createElement("output");
    var choices = table
      .getAttribute("data-filters")
      .split(" ")
      .map(function (name) {
        return choice(rows, name, update);
      });

    function update() {
      var shown = 0;
      rows.forEach(function (row) {
        row.hidden = choices.some(function (one) {
          return one.select.value !== "" && one.select.value !== row.getAttribute("data-" + one.name);
        });
        if (!row.hidden) shown += 1;
      });
      count.textContent = shown + " of " + rows.length + " claims";
    }

    // A link to a row shows it, whatever is chosen.
    function follow() {
      var target = document.getElementById(location.hash.slice(1));
      if (!target || !target.hidden) return;
      choices.forEach(function (one) {
        one.select.value = "";
      });
      update();
      target.scrollIntoView();
    }

    var form = document.createElement("form");
    form.className = "claim-filters";
    choices.forEach(function (one) {
      form.appendChild(one.label);
    });
    form.appendChild(count);
    table.parentNode.insertBefore(form, table);
    update();
    window.addEventListener("hashchange", follow);
  }

  function start() {
    Array.prototype.forEach.call(document.querySelectorAll("table[data-filters]"), prepare);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
