// TeX in, HTML out: sets formulas with MathJax while the site is built, so that no page has to.
//
// Reads a JSON list of {tex, display} on standard input; writes {html: […], css} to standard output.
// A formula that MathJax cannot read ends it with a message.
"use strict";

const path = require("node:path");
const MATHJAX = path.join(__dirname, "vendor", "mathjax");

async function main(formulas) {
  const MathJax = await require(path.join(MATHJAX, "node-main.js")).init({
    loader: {
      paths: { mathjax: MATHJAX },
      require,
      // The last one adds the formula as MathML, for screen readers.
      load: ["input/tex", "output/chtml", "a11y/assistive-mml"],
    },
    startup: { typeset: false },
    chtml: { fontURL: "vendor/mathjax/fonts" },
    tex: {
      formatError: (_, error) => {
        throw error;
      },
    },
  });
  const { adaptor } = MathJax.startup;
  const html = [];
  for (const { tex, display } of formulas) {
    try {
      const made = adaptor.outerHTML(await MathJax.tex2chtmlPromise(tex, { display }));
      // MathJax leaves spaces in class lists, and marks it as unselectable in words HTML never had.
      html.push(made.replaceAll('class=" ', 'class="').replaceAll(' unselectable="on"', ""));
    } catch (error) {
      throw new Error(`cannot set the formula ${tex}: ${error.message}`);
    }
  }
  return { html, css: adaptor.textContent(MathJax.chtmlStylesheet()) };
}

let text = "";
process.stdin.on("data", (chunk) => (text += chunk));
process.stdin.on("end", () =>
  main(JSON.parse(text)).then(
    (made) => process.stdout.write(JSON.stringify(made)),
    (error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  ),
);
