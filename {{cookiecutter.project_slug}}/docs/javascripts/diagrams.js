/* Diagrams: mermaid draws them, and each is shown as a picture, in which nothing can run or be
   clicked and whose styles end at its edge. What it cannot draw stays the text that it was. */
"use strict";

(() => {
  const MOST = 30;
  const LONGEST = 20000;
  /* A node that is a picture from somewhere. */
  const FETCHES = /\bimg\s*:/i;
  const sources = [...document.querySelectorAll("pre.mermaid-source")].slice(0, MOST);
  if (!sources.length) return;
  const german = (document.documentElement.lang || "").startsWith("de");
  /* The showcase's pages bring their words; a team's own site has none. */
  const given = JSON.parse(document.querySelector('meta[name="ck-words"]')?.content ?? "{}");
  const words = given.diagram_name
    ? { name: given.diagram_name, text: given.diagram_text }
    : german
      ? { name: "Diagramm", text: "Diagramm als Text" }
      : { name: "Diagram", text: "Diagram as text" };
  const isDark = () => document.body.dataset.mdColorScheme === "slate";

  const own = document.currentScript.src;
  const load = () =>
    new Promise((resolve, reject) => {
      if (window.mermaid) return resolve();
      const script = document.createElement("script");
      script.src = new URL("../vendor/mermaid/mermaid.tiny.js", own);
      script.addEventListener("load", resolve);
      script.addEventListener("error", reject);
      document.head.append(script);
    });

  /* A team that chose its own colours chose them for white paper. */
  const onPaper = (text) => /%%\{|^\s*---|\b(?:fill|stroke|color)\s*:/.test(text);

  const configure = (dark) =>
    window.mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      suppressErrorRendering: true,
      htmlLabels: false,
      flowchart: { htmlLabels: false },
      theme: dark ? "dark" : "default",
      /* A picture has no fonts of the page, so what is measured must be what is shown. */
      fontFamily: "ui-sans-serif, system-ui, sans-serif",
      maxTextSize: LONGEST,
      maxEdges: 300,
      /* What a diagram's own text may not change. */
      secure: [
        "secure", "securityLevel", "startOnLoad", "suppressErrorRendering", "maxTextSize",
        "maxEdges", "htmlLabels", "flowchart", "class", "themeCSS", "fontFamily",
        "altFontFamily", "dompurifyConfig", "arrowMarkerAbsolute",
      ],
    });

  /* From what mermaid made, parsed where nothing runs, to a picture of its natural size. */
  const picture = (markup) => {
    const svg = new DOMParser().parseFromString(markup, "text/html").querySelector("svg");
    const box = svg?.getAttribute("viewBox")?.split(/\s+/).map(Number);
    if (!box || box.length !== 4 || !(box[2] > 0 && box[3] > 0)) throw new Error("no picture");
    svg.setAttribute("width", box[2]);
    svg.setAttribute("height", box[3]);
    const name = [...svg.children]
      .filter((child) => ["title", "desc"].includes(child.localName))
      .map((child) => child.textContent.trim())
      .filter(Boolean)
      .join(". ");
    const image = new Image(Math.ceil(box[2]), Math.ceil(box[3]));
    image.alt = name || words.name;
    image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
    return image.decode().then(() => image);
  };

  const place = (source, image) => {
    if (source.figure) {
      source.figure.querySelector("img").replaceWith(image);
      return;
    }
    const figure = document.createElement("figure");
    figure.className = "mermaid-figure";
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = words.text;
    source.element.replaceWith(figure);
    details.append(summary, source.element);
    figure.append(image, details);
    source.figure = figure;
  };

  /* Mermaid's parsers meet a label as HTML before they clean it; so no tag but a line break gets
     there. `#lt;` is how mermaid writes the sign itself; `<<interface>>` is its own. */
  const tagless = (text) =>
    text.replace(/<<\s*\w+\s*>>|<br\s*\/?>|<(?=[a-z!?/])([^<>\n]*>)?/gi, (found, rest) =>
      /^<(?:<|br\b[\s/]*>)/i.test(found) ? found : `#lt;${rest ? `${rest.slice(0, -1)}#gt;` : ""}`,
    );

  const drawn = sources.map((element) => ({ element, text: element.textContent, figure: null }));
  let round = 0;
  const draw = async () => {
    const mine = ++round;
    for (const [number, source] of drawn.entries()) {
      if (source.text.length > LONGEST || FETCHES.test(source.text)) continue;
      const paper = onPaper(source.text);
      try {
        configure(isDark() && !paper);
        const { svg } = await window.mermaid.render(`mermaid-${mine}-${number}`, tagless(source.text));
        const image = await picture(svg);
        if (mine !== round) return;
        image.className = paper ? "mermaid-paper" : "";
        place(source, image);
      } catch {
        /* The text is there. */
      }
    }
    document.documentElement.dataset.diagrams = "drawn";
  };

  load().then(() => {
    draw();
    let dark = isDark();
    new MutationObserver(() => {
      if (isDark() === dark) return;
      dark = isDark();
      draw();
    }).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  }, () => {});
})();
