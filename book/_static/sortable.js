// Makes tables of the class `sortable` sortable by their columns. Without it they read as they are.
(function () {
  "use strict";

  function key(cell) {
    var given = cell.getAttribute("data-sort");
    return given === null ? cell.textContent.trim() : given;
  }

  function compare(a, b) {
    var x = parseFloat(a);
    var y = parseFloat(b);
    // Words that start with a number are words: compare as numbers only what is one.
    if (String(x) === a && String(y) === b) return x - y;
    return a.localeCompare(b, "en", { sensitivity: "base" });
  }

  function sortBy(table, column, direction) {
    var body = table.tBodies[0];
    var rows = Array.prototype.slice.call(body.rows);
    rows.sort(function (r, s) {
      return direction * compare(key(r.cells[column]), key(s.cells[column]));
    });
    rows.forEach(function (row) {
      body.appendChild(row);
    });
  }

  function prepare(table) {
    var headers = Array.prototype.slice.call(table.tHead.rows[0].cells);
    headers.forEach(function (header, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "sort-button";
      while (header.firstChild) button.appendChild(header.firstChild);
      header.appendChild(button);
      button.addEventListener("click", function () {
        var ascending = header.getAttribute("aria-sort") !== "ascending";
        headers.forEach(function (other) {
          other.removeAttribute("aria-sort");
        });
        header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        sortBy(table, column, ascending ? 1 : -1);
      });
    });
  }

  function start() {
    Array.prototype.forEach.call(document.querySelectorAll("table.sortable"), prepare);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
