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

  // The menus of the page's head close when the reader goes elsewhere.
  function closeMenus(event) {
    document.querySelectorAll(".dropdown > details[open]").forEach((menu) => {
      if (event.key === "Escape") menu.querySelector("summary").focus();
      else if (menu.contains(event.target)) return;
      menu.open = false;
    });
  }
  document.addEventListener("click", closeMenus);
  document.addEventListener("focusin", closeMenus);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus(event);
  });

  // Whoever scrolls up, far below the beginning, is offered the way to it.
  function offerTop() {
    var top = document.getElementById("pst-back-to-top");
    var before = 0; // not asked for: the page would be laid out at once
    top.addEventListener("click", () => window.scrollTo(0, 0));
    window.addEventListener(
      "scroll",
      () => {
        top.style.display = window.scrollY < before && window.scrollY > window.innerHeight ? "block" : "none";
        before = window.scrollY;
      },
      { passive: true },
    );
  }

  // What is folded is named on paper with the address where it can be read.
  function addressOf(fold) {
    var page = `${location.host}${location.pathname}`;
    if (location.protocol === "file:") page = location.pathname.split("/").slice(-2).join("/");
    var section = fold.closest("section[id]");
    return section ? `${page}#${section.id}` : page;
  }

  // Paper is white, and has all pictures.
  var theme;
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("img.only-light").forEach((picture) => {
      picture.loading = "eager";
    });
    document.querySelectorAll("article details > summary").forEach((summary) => {
      summary.dataset.where = addressOf(summary);
    });
    theme = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.dataset.theme = theme;
  });

  // A formula is drawn, and would be copied as nothing: its TeX is put in its place.
  document.addEventListener("copy", (event) => {
    var selection = window.getSelection();
    if (selection.isCollapsed || selection.rangeCount === 0) return;
    var range = selection.getRangeAt(0).cloneRange();
    var formulaAt = (node) => (node.nodeType === 1 ? node : node.parentElement).closest("mjx-container");
    var [first, last] = [formulaAt(range.startContainer), formulaAt(range.endContainer)];
    if (first) range.setStartBefore(first);
    if (last) range.setEndAfter(last);
    var copy = document.createElement("div");
    copy.append(range.cloneContents());
    var formulas = copy.querySelectorAll("mjx-container[data-tex]");
    if (formulas.length === 0) return;
    formulas.forEach((formula) => {
      var mark = formula.getAttribute("display") === "true" ? "$$" : "$";
      formula.replaceWith(mark + formula.dataset.tex + mark);
    });
    copy.className = "copied-text";
    document.body.append(copy);
    // biome-ignore lint/performance/useDomNodeTextContent: only what is laid out has line ends
    event.clipboardData.setData("text/plain", copy.innerText);
    event.clipboardData.setData("text/html", copy.innerHTML);
    copy.remove();
    event.preventDefault();
  });

  // What scrolls has to scroll by the keyboard, too. Whether it does is looked at when it comes near:
  // to ask for a width is to have all of the page laid out before. Until then it is taken to.
  var MAY_SCROLL = "pre, .cell_output > .output, .pst-scrollable-table-container, div.math > mjx-container";
  function reachScrolling() {
    var near = new IntersectionObserver(
      (entries) => {
        entries.forEach((entry) => {
          var box = entry.target;
          if (!entry.isIntersecting) return;
          if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
          else if (box !== document.activeElement) box.removeAttribute("tabindex");
        });
      },
      { rootMargin: "100% 0px" },
    );
    function look() {
      near.disconnect();
      document.querySelectorAll(MAY_SCROLL).forEach((box) => {
        near.observe(box);
      });
    }
    document.querySelectorAll(MAY_SCROLL).forEach((box) => {
      box.tabIndex = 0;
    });
    look();
    window.addEventListener("resize", look);
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

  // To go to a section, all that is above it must have its size.
  function layOutBefore(fragment) {
    var target = document.getElementById(decodeURIComponent(fragment.slice(1)));
    var { classList } = document.documentElement;
    if (!target || !classList.contains("laid-out-late")) return null;
    classList.remove("laid-out-late");
    return target;
  }
  function keepPlaces() {
    document.addEventListener("click", ({ target }) => {
      var link = target.closest?.('a[href*="#"]');
      if (link) layOutBefore(link.hash);
    });
    // Typed into the address: the browser has gone already.
    window.addEventListener("hashchange", () => {
      layOutBefore(location.hash)?.scrollIntoView({ behavior: "instant" });
    });
  }

  // A browser goes to the section that a link names while it reads the page. Code that is folded and
  // figures that compute then change what is above: it goes there again, unless the reader has gone on.
  function keepTarget() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || performance.getEntriesByType("navigation")[0].type !== "navigate") return;
    var leaving = new AbortController();
    ["wheel", "touchstart", "pointerdown", "keydown"].forEach((kind) => {
      window.addEventListener(kind, () => leaving.abort(), { once: true, passive: true, signal: leaving.signal });
    });
    window.addEventListener("load", () => target.scrollIntoView({ behavior: "instant" }), { signal: leaving.signal });
  }

  start();
  keepPlaces();
  keepTarget();
  foldCode();
  reachScrolling();
  offerTop();
  window.addEventListener("load", () => {
    (window.requestIdleCallback || setTimeout)(keepForOffline);
  });
})();
