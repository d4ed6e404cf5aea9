// What the book's pages do beyond the theme.
(function () {
  "use strict";

  var root = document.documentElement.dataset.content_root;

  // Below each result the search shows a few words of the page, which it fetches; from disk a browser
  // does not let it.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  function start() {
    var print = document.querySelector(".btn-download-pdf-button");
    if (print) {
      print.addEventListener("click", function () {
        window.print();
      });
    }
  }

  // What scrolls has to scroll by the keyboard, too; the theme sees to code and tables.
  function reachFormulas() {
    document.querySelectorAll("div.math > mjx-container").forEach(function (formula) {
      if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
      else formula.removeAttribute("tabindex");
    });
  }

  // For reading without a network; once the page is there, as this fetches the rest of the book.
  function keepForOffline() {
    var connection = navigator.connection;
    if (!("serviceWorker" in navigator) || !/^https?:$/.test(location.protocol)) return;
    if (connection && connection.saveData) return;
    navigator.serviceWorker.register(root + "service-worker.js").catch(function () {
      // A private window may refuse: the book reads the same without.
    });
  }

  start();
  reachFormulas();
  window.addEventListener("resize", reachFormulas);
  // Letters that arrive late make formulas wider.
  document.fonts.ready.then(reachFormulas);
  window.addEventListener("load", function () {
    (window.requestIdleCallback || setTimeout)(keepForOffline);
  });
})();
