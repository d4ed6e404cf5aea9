// What the book's pages do beyond the theme.
(() => {
  "use strict";

  var root = document.documentElement.dataset.content_root;

  // Below each result the search shows a few words of the page, which it fetches; from disk a browser
  // does not let it.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  function start() {
    var print = document.querySelector(".btn-download-pdf-button");
    if (print) {
      print.addEventListener("click", () => {
        window.print();
      });
    }
  }

  // Paper is white.
  var theme;
  window.addEventListener("beforeprint", () => {
    theme = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.dataset.theme = theme;
  });

  // What scrolls has to scroll by the keyboard, too; the theme sees to code and tables. Looked at
  // when it comes near: to ask for a width is to have all of the page laid out before.
  function reachWide() {
    var near = new IntersectionObserver(
      (entries) => {
        entries.forEach((entry) => {
          var wide = entry.target;
          if (!entry.isIntersecting) return;
          if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
          else wide.removeAttribute("tabindex");
        });
      },
      { rootMargin: "100% 0px" },
    );
    document.querySelectorAll("div.math > mjx-container, .picture").forEach((wide) => {
      near.observe(wide);
    });
  }

  function foldCode() {
    // What lies in a fold need not be folded once more.
    document.querySelectorAll(".long-code:not(details *)").forEach((listing) => {
      var button = document.createElement("button");
      function show(whole) {
        listing.classList.toggle("unfolded", whole);
        button.setAttribute("aria-expanded", String(whole));
        button.textContent = whole ? "Show less" : `Show all ${listing.dataset.lines} lines`;
      }
      button.type = "button";
      button.className = "unfold-code";
      button.addEventListener("click", () => {
        show(!listing.classList.contains("unfolded"));
      });
      // Whoever comes by the keyboard comes to the code itself, to scroll it.
      listing.addEventListener("focusin", (event) => {
        if (event.target.tagName === "PRE") show(true);
      });
      show(false);
      listing.append(button);
    });
  }

  // For reading without a network; once the page is there, as this fetches the rest of the book.
  function keepForOffline() {
    var connection = navigator.connection;
    if (!("serviceWorker" in navigator) || !/^https?:$/.test(location.protocol)) return;
    if (connection?.saveData) return;
    navigator.serviceWorker.register(`${root}service-worker.js`).catch(() => {
      // A private window may refuse: the book reads the same without.
    });
  }

  start();
  foldCode();
  reachWide();
  window.addEventListener("load", () => {
    (window.requestIdleCallback || setTimeout)(keepForOffline);
  });
})();
