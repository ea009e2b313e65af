"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (name) => document.getElementById(name);
  const make = (tag, text) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const color = getComputedStyle(document.documentElement).getPropertyValue("--mark");
  const state = { text: 0, layer: 0, head: 0, row: null };

  /* The page's words; those of its HTML stand beside the English ones, in data-de. */
  const words = {
    en: {
      token: (token, place) => `“${token}” (place ${place})`,
      looks: "looks at",
      little: "everything a little",
      head: (layer, head) => `Layer ${layer}, head ${head}`,
    },
    de: {
      token: (token, place) => `„${token}“ (Stelle ${place})`,
      looks: "blickt auf",
      little: "alles ein wenig",
      head: (layer, head) => `Schicht ${layer}, Head ${head}`,
    },
  };
  let language = navigator.language.startsWith("de") ? "de" : "en";

  const paint = (canvas, rows, low) => {
    canvas.width = canvas.height = rows.length;
    const context = canvas.getContext("2d");
    rows.forEach((row, y) =>
      row.forEach((value, x) => {
        context.fillStyle = `rgba(${color}, ${(value - low) / (100 - low)})`;
        context.fillRect(x, y, 1, 1);
      }),
    );
  };

  const say = () => {
    const { tokens, layers } = data.texts[state.text];
    const row = state.row ?? tokens.length - 1;
    const shares = layers[state.layer].heads[state.head][row];
    const best = shares
      .map((share, place) => [share, place])
      .filter(([share]) => share >= 5)
      .sort((a, b) => b[0] - a[0] || a[1] - b[1])
      .slice(0, 4)
      .map(([share, place]) => `${words[language].token(tokens[place], place + 1)} ${share} %`);
    const { token, looks, little } = words[language];
    at("says").textContent =
      `${token(tokens[row], row + 1)} ${looks} ${best.join(", ") || little}`;
    [...at("map").tBodies[0].rows].forEach((line, number) =>
      line.toggleAttribute("data-chosen", number === row),
    );
  };

  const draw = () => {
    const { tokens, layers } = data.texts[state.text];
    const rows = layers[state.layer].heads[state.head];
    const head = make("thead");
    const first = head.insertRow();
    first.append(make("td"));
    for (const token of tokens) {
      const cell = make("th");
      cell.scope = "col";
      cell.append(make("span", token));
      first.append(cell);
    }
    const body = make("tbody");
    rows.forEach((shares, number) => {
      const line = body.insertRow();
      const cell = make("th");
      cell.scope = "row";
      const button = make("button", tokens[number]);
      button.type = "button";
      button.addEventListener("click", () => {
        state.row = number;
        say();
      });
      cell.append(button);
      line.append(cell);
      for (const share of shares) {
        const box = make("td", share >= 5 ? share : "");
        box.style.backgroundColor = `rgba(${color}, ${share / 100})`;
        for (const strong of [63, 75]) box.classList.toggle(`over${strong}`, share >= strong);
        line.append(box);
      }
    });
    at("map").replaceChildren(head, body);
    for (const button of at("all").children) {
      const here = +button.dataset.layer === state.layer && +button.dataset.head === state.head;
      button.setAttribute("aria-pressed", here);
    }
    say();
  };

  const headChoices = () => {
    const heads = data.texts[state.text].layers[state.layer].heads;
    state.head = Math.min(state.head, heads.length - 1);
    const legend = at("heads").querySelector("legend");
    at("heads").replaceChildren(legend);
    heads.forEach((_, number) => {
      const label = make("label");
      const input = make("input");
      input.type = "radio";
      input.name = "head";
      input.checked = number === state.head;
      input.addEventListener("change", () => {
        state.head = number;
        draw();
      });
      label.append(input, ` ${number + 1}`);
      at("heads").append(label);
    });
  };

  const overview = () => {
    at("all").replaceChildren();
    data.texts[state.text].layers.forEach((layer, l) =>
      layer.heads.forEach((rows, h) => {
        const button = make("button");
        button.type = "button";
        button.dataset.layer = l;
        button.dataset.head = h;
        const canvas = make("canvas");
        canvas.setAttribute("aria-hidden", "true");
        paint(canvas, rows, 0);
        button.append(canvas, words[language].head(l + 1, h + 1));
        button.addEventListener("click", () => {
          state.layer = l;
          state.head = h;
          at("layer").selectedIndex = l;
          headChoices();
          draw();
        });
        at("all").append(button);
      }),
    );
  };

  const layerChoices = () => {
    at("layer").replaceChildren(
      ...data.texts[state.text].layers.map((_, number) => make("option", number + 1)),
    );
    at("layer").selectedIndex = state.layer;
  };

  const translate = () => {
    document.documentElement.lang = language;
    for (const part of document.querySelectorAll("[data-de]")) {
      part.dataset.en ??= part.textContent;
      part.textContent = part.dataset[language] || part.dataset.en;
    }
    for (const part of document.querySelectorAll("[data-de-label]")) {
      part.dataset.enLabel ??= part.ariaLabel;
      part.ariaLabel = part.dataset[`${language}Label`];
    }
    document.title = document.querySelector("h1").textContent;
    for (const button of document.querySelectorAll("[data-language]"))
      button.setAttribute("aria-pressed", button.dataset.language === language);
  };
  for (const button of document.querySelectorAll("[data-language]"))
    button.addEventListener("click", () => {
      language = button.dataset.language;
      translate();
      overview();
      draw();
    });
  translate();

  data.texts.forEach((text) => at("text").append(make("option", text.tokens.join(" "))));
  at("choose").addEventListener("submit", (event) => event.preventDefault());
  at("text").addEventListener("change", () => {
    state.text = at("text").selectedIndex;
    state.row = null;
    layerChoices();
    headChoices();
    overview();
    draw();
  });
  at("layer").addEventListener("change", () => {
    state.layer = at("layer").selectedIndex;
    headChoices();
    draw();
  });
  layerChoices();
  headChoices();
  overview();
  draw();
  if (data.positions) {
    at("places").hidden = false;
    paint(at("similar"), data.positions, -100);
  }
})();
