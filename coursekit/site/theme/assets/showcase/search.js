/* Search over an index in pieces: fetches the pages' titles once, and per word one small file. */
"use strict";

(() => {
  const words = JSON.parse(document.querySelector('meta[name="ck-words"]')?.content ?? "{}");
  /* A builder that runs no hooks of ours writes no index, and no words into its pages. */
  if (!words.search_open) return;
  const root = new URL("../../", document.currentScript.src);
  const header = document.querySelector(".md-header__inner");
  /* A builder that brings its own search needs no second one. */
  if (!header || header.querySelector(".md-search, .md-search__button")) return;

  /* Pieces are scripts, so that the search also works in a page that was opened from a folder. */
  const loading = new Map();
  const waiting = new Map();
  window.ckSearch = (name, data) => waiting.get(name)?.(data);
  const load = (name) => {
    if (!loading.has(name)) {
      loading.set(
        name,
        new Promise((resolve, reject) => {
          waiting.set(name, resolve);
          const script = document.createElement("script");
          script.src = new URL(`search/${name}.js`, root);
          script.addEventListener("error", () => reject(new Error(name)));
          document.head.append(script);
        }),
      );
    }
    return loading.get(name);
  };

  const fold = (text) =>
    text.replace(/[ßẞ]/g, "ss").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  /* Umlauts as one letter, however they were written. */
  const collapse = (word) => word.replace(/([aou])e/g, "$1");
  const split = (text) => fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];
  const hex = (text) =>
    [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  const piece = (word, deep) => {
    const [first, second] = [...word];
    return `w/${hex(deep.includes(first) ? first + second : first)}`;
  };
  const shard = (word, deep) => load(piece(word, deep)).catch(() => ({}));

  /* Whether two words differ by one letter more, less, other, or by two that changed places. */
  const slipped = (a, b) => {
    if (Math.abs(a.length - b.length) > 1) return false;
    let start = 0;
    while (start < a.length && a[start] === b[start]) start++;
    let end = 0;
    while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
    const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
    return x.length + y.length <= 2 || (x.length === 2 && x === [...y].reverse().join(""));
  };

  /* Words that hold a term inside, as compounds do; where nothing else fits, those a slip away. */
  const MOST = 12;
  const related = async (term, isKnown) => {
    if (term.length < 4) return [];
    const all = (await load("words").catch(() => "")).split(" ");
    const holding = all.filter((word) => word.indexOf(term) > 0);
    if (holding.length || isKnown) return holding.sort((a, b) => a.length - b.length).slice(0, MOST);
    return all.filter((word) => slipped(term, word)).slice(0, MOST);
  };

  /* From a term to the places where it, or a word that has to do with it, stands, and what it was
     found as. */
  const places = async (term, deep) => {
    const found = new Map();
    const shown = new Set([term]);
    const take = (deltas, weight) => {
      let place = 0;
      for (const delta of deltas) {
        place += delta;
        found.set(place, Math.max(weight, found.get(place) ?? 0));
      }
    };
    for (const form of new Set([term, collapse(term)])) {
      for (const [entry, deltas] of Object.entries(await shard(form, deep))) {
        if (entry.startsWith(form.slice(0, 32))) take(deltas, entry === form ? 2 : 1);
      }
    }
    const fetched = new Set();
    for (const word of await related(collapse(term), found.size > 0)) {
      /* Words of three files at most, so that a search stays small in the largest course. */
      fetched.add(piece(word, deep));
      if (fetched.size > 3) break;
      take((await shard(word, deep))[word] ?? [], 0.5);
      shown.add(word);
    }
    found.shown = shown;
    return found;
  };

  const find = async (query) => {
    const terms = [...new Set(split(query))].filter((term) => [...term].length > 1).slice(0, 8);
    if (!terms.length) return null;
    const { deep, pages } = await load("pages");
    const lists = await Promise.all(terms.map((term) => places(term, deep)));
    const scores = new Map();
    lists.forEach((list, position) => {
      const rarity = Math.log(2 + pages.length / (1 + list.size));
      for (const [place, weight] of list) {
        const page = place >> 5;
        const section = place & 31;
        const hit = scores.get(page) ?? { terms: new Set(), score: 0, sections: new Map() };
        hit.terms.add(position);
        hit.score += weight * rarity * (section ? 1 : 12);
        if (section) hit.sections.set(section, (hit.sections.get(section) ?? 0) + weight * rarity);
        scores.set(page, hit);
      }
    });
    const hits = [...scores].filter(([, hit]) => hit.terms.size === terms.length);
    hits.sort(([a, x], [b, y]) => y.score - x.score || a - b);
    const shown = lists.flatMap((list) => [...list.shown]);
    return { terms: shown.flatMap((word) => [word, collapse(word)]), pages, hits };
  };

  const dialog = document.createElement("dialog");
  dialog.className = "ck-search";
  dialog.setAttribute("aria-label", words.search_open);
  const bar = document.createElement("header");
  const input = document.createElement("input");
  input.type = "search";
  input.placeholder = words.search_hint;
  input.setAttribute("aria-label", words.search_hint);
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = words.search_close;
  bar.append(input, close);
  const status = document.createElement("p");
  status.className = "ck-search-status";
  status.setAttribute("role", "status");
  const list = document.createElement("ol");
  list.setAttribute("aria-label", words.search_results);
  dialog.append(bar, status, list);
  document.body.append(dialog);

  const fits = (word, terms) =>
    terms.some((term) => word.startsWith(term) || collapse(word).startsWith(term));

  const marked = (text, terms) => {
    /* Texts of teams are only ever put in as text. */
    const parts = [];
    let rest = 0;
    for (const match of text.matchAll(/[\p{L}\p{N}]+/gu)) {
      const folded = fold(match[0]);
      if (!fits(folded, terms)) continue;
      const mark = document.createElement("mark");
      mark.textContent = match[0];
      parts.push(text.slice(rest, match.index), mark);
      rest = match.index + match[0].length;
    }
    parts.push(text.slice(rest));
    return parts;
  };

  const excerpt = (text, terms) => {
    let start = 0;
    for (const match of text.matchAll(/[\p{L}\p{N}]+/gu)) {
      if (fits(fold(match[0]), terms)) {
        start = Math.max(0, match.index - 60);
        break;
      }
    }
    const cut = text.slice(start, start + 180);
    return (start ? "… " : "") + cut + (start + 180 < text.length ? " …" : "");
  };

  let run = 0;
  const show = async () => {
    const query = input.value.trim();
    const mine = ++run;
    let found;
    try {
      found = await find(query);
    } catch {
      status.textContent = words.search_failed;
      return;
    }
    if (mine !== run) return;
    if (!found) {
      status.textContent = "";
      list.replaceChildren();
      return;
    }
    const n = found.hits.length;
    status.textContent =
      n === 0 ? words.search_none.replace("%s", query) : n === 1 ? words.search_one : words.search_some.replace("%s", n);
    const items = found.hits.slice(0, 20).map(([number, hit], position) => {
      const [url, title, sections, piece] = found.pages[number];
      const best = [...hit.sections].sort(([, a], [, b]) => b - a)[0]?.[0];
      const [anchor, heading] = best ? sections[best - 1] : ["", ""];
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = new URL(url + (anchor ? `#${anchor}` : ""), root);
      const name = document.createElement("b");
      name.append(...marked(title, found.terms), heading ? ` · ${heading}` : "");
      const text = document.createElement("span");
      link.append(name, text);
      item.append(link);
      if (position < 8) {
        load(`p/${piece}`)
          .then((texts) => {
            const whole = texts[(best ?? 1) - 1] ?? "";
            text.replaceChildren(...marked(excerpt(whole, found.terms), found.terms));
          })
          .catch(() => {});
      }
      return item;
    });
    list.replaceChildren(...items);
  };

  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, 80);
  });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  list.addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (!["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
    const links = [...list.querySelectorAll("a")];
    const now = links.indexOf(document.activeElement);
    if (event.key === "Enter") {
      if (document.activeElement === input && links.length) links[0].click();
      return;
    }
    event.preventDefault();
    const next = now + (event.key === "ArrowDown" ? 1 : -1);
    (links[next] ?? input).focus();
  });

  const open = () => {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
  };
  const button = document.createElement("button");
  button.type = "button";
  button.className = "ck-search-open";
  const shortcut = document.createElement("kbd");
  shortcut.textContent = "/";
  shortcut.setAttribute("aria-hidden", "true");
  button.append(words.search_open, shortcut);
  button.addEventListener("click", open);
  const palette = header.querySelector("[data-md-component=palette]");
  header.insertBefore(button, palette);
  document.addEventListener("keydown", (event) => {
    const writes = event.target.closest?.("input, textarea, select, [contenteditable]");
    const wanted = event.key === "/" && !writes && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (wanted || (event.key === "k" && (event.ctrlKey || event.metaKey))) {
      event.preventDefault();
      open();
    }
  });
})();
