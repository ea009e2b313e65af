/* Formulas: Temml writes them as MathML, which browsers show by themselves. Only pages with formulas
   fetch it. Without scripts, a formula stays the TeX that the team wrote. */
"use strict";

(() => {
  const formulas = [...document.querySelectorAll(".arithmatex")];
  if (!formulas.length) return;
  const vendor = new URL("../vendor/temml/", document.currentScript.src);
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("Temml-Local.css", vendor);
  const script = document.createElement("script");
  script.src = new URL("temml.min.js", vendor);
  script.addEventListener("load", () => {
    for (const formula of formulas) {
      const text = formula.textContent.trim();
      window.temml.render(text.replace(/^\\[([]|\\[)\]]$/g, ""), formula, {
        displayMode: text.startsWith("\\["),
        throwOnError: false,
        errorColor: "currentcolor",
        maxSize: [20, 200],
        maxExpand: 200,
      });
      /* A formula that is wider than the page can be scrolled by the keyboard, too. */
      if (formula.scrollWidth > formula.clientWidth && formula.localName === "div") formula.tabIndex = 0;
    }
    document.documentElement.dataset.formulas = "typeset";
  });
  document.head.append(style, script);
})();
