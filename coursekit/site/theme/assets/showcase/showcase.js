/* What the showcase's pages do beyond being read. Everything works without it, less comfortably. */
"use strict";

(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  /* One spelling for ß and ss, ä, ae and a. */
  const fold = (text) =>
    text
      .replace(/[ßẞ]/g, "ss")
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replace(/([aou])e/g, "$1");
  const lang = document.documentElement.lang || "en";

  /* Whether a text has a word that one slip turns into another. */
  const nearby = (word, text) => {
    const forms = [];
    for (let at = 0; at <= word.length; at++) {
      const [head, tail] = [word.slice(0, at), word.slice(at)];
      forms.push(`${head}.${tail}`, `${head}.?${tail.slice(1)}`);
      if (tail.length > 1) forms.push(`${head}${tail[1]}${tail[0]}${tail.slice(2)}`);
    }
    return new RegExp(forms.join("|"), "u").test(text);
  };

  /* Cards: filters live in the address, so that a filtered page can be sent to somebody. */
  const filters = one("[data-ck-filters]");
  if (filters) {
    const cards = all("[data-ck-cards] > article").map((card) => [
      card,
      fold(`${card.textContent} ${card.dataset.more ?? ""}`),
    ]);
    const fields = all("[data-ck-filter]", filters);
    const count = one("[data-ck-count]", filters);
    const none = one("[data-ck-none]");
    const apply = (remember) => {
      const wanted = Object.fromEntries(fields.map((f) => [f.dataset.ckFilter, f.value.trim()]));
      const words = fold(wanted.text).split(/\s+/).filter(Boolean);
      /* Only a word that no card has is taken for a slip. */
      const isSlip = (word) => /^[\p{L}\p{N}]{4,}$/u.test(word) && !cards.some(([, text]) => text.includes(word));
      let shown = 0;
      for (const [card, text] of cards) {
        const fits =
          ["task", "family", "stage"].every((key) => !wanted[key] || card.dataset[key] === wanted[key]) &&
          words.every((word) => text.includes(word) || (isSlip(word) && nearby(word, text)));
        card.hidden = !fits;
        shown += fits;
      }
      count.textContent = count.dataset.ckCount.replace("%s", shown);
      none.hidden = shown > 0;
      if (remember) {
        const query = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value));
        try {
          history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
        } catch {
          /* A file opened from a folder may not change its address. */
        }
      }
    };
    for (const [key, value] of new URLSearchParams(location.search)) {
      const field = fields.find((f) => f.dataset.ckFilter === key);
      if (field) field.value = value;
      if (field && field.value !== value) field.value = "";
    }
    for (const field of fields) field.addEventListener("input", () => apply(true));
    one("[data-ck-reset]").addEventListener("click", () => {
      for (const field of fields) field.value = "";
      apply(true);
      fields[0].focus();
    });
    filters.hidden = false;
    apply(false);
  }

  /* Tables: a button in each column's head. */
  const collator = new Intl.Collator(lang, { numeric: true, sensitivity: "base" });
  for (const table of all("table[data-ck-sort]")) {
    const heads = all("thead th", table);
    heads.forEach((head, column) => {
      if ("ckNosort" in head.dataset) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "ck-sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const rising = head.getAttribute("aria-sort") !== "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", rising ? "ascending" : "descending");
        const body = table.tBodies[0];
        const value = (row) => {
          const cell = row.cells[column];
          return cell.dataset.value ?? cell.textContent.trim();
        };
        const rows = [...body.rows].map((row) => [row, value(row)]);
        rows.sort(([, a], [, b]) => {
          if (!a || !b) return a ? -1 : b ? 1 : 0;
          const [x, y] = [Number(a), Number(b)];
          const order = Number.isNaN(x) || Number.isNaN(y) ? collator.compare(a, b) : x - y;
          return rising ? order : -order;
        });
        body.append(...rows.map(([row]) => row));
      });
    });
  }

  const rowFilter = one("[data-ck-rowfilter]");
  if (rowFilter) {
    const input = one("[data-ck-rows]", rowFilter);
    const rows = all("[data-ck-filtered] tbody tr").map((row) => [row, fold(row.textContent)]);
    const count = one("[data-ck-count]", rowFilter);
    const none = one("[data-ck-none]");
    const apply = () => {
      const words = fold(input.value).split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const [row, text] of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        shown += !row.hidden;
      }
      count.textContent = count.dataset.ckCount.replace("%s", shown);
      none.hidden = shown > 0;
    };
    input.addEventListener("input", apply);
    rowFilter.hidden = false;
    apply();
  }

  /* Copying, also where the page is opened from a folder. */
  const copy = async (text, button) => {
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    if (!done) return;
    const before = button.textContent;
    button.textContent = button.dataset.ckCopied;
    setTimeout(() => (button.textContent = before), 1500);
  };
  for (const button of all("[data-ck-copy]")) {
    button.addEventListener("click", () => copy(button.dataset.ckCopy, button));
  }
  for (const button of all("[data-ck-copy-all]")) {
    button.addEventListener("click", () => {
      const shown = all("tr:not([hidden]) [data-ck-copy]");
      copy(shown.map((entry) => entry.dataset.ckCopy).join("\n\n"), button);
    });
  }

  /* Timeline: where we are in the term depends on the day of reading. */
  const days = all("[data-ck-day]");
  if (days.length) {
    const now = new Date();
    const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()]
      .map((part) => String(part).padStart(2, "0"))
      .join("-");
    for (const day of days) day.classList.toggle("ck-past", day.dataset.ckDay < today);
    days.find((day) => day.dataset.ckDay >= today)?.classList.add("ck-next");
  }

  /* A table that is wider than its place can be scrolled by the keyboard, too, once the theme has
     put it into a box. */
  addEventListener("load", () => {
    for (const box of all(".md-typeset__scrollwrap, .ck-prose table")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    }
  });

  /* Formulas: KaTeX is fetched only by pages that have some. */
  const formulas = all(".ck-math, .ck-math-block");
  const own = document.currentScript.src;
  if (formulas.length) {
    const base = new URL("../vendor/katex/", own);
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = new URL("katex.min.css", base);
    const script = document.createElement("script");
    script.src = new URL("katex.min.js", base);
    script.addEventListener("load", () => {
      for (const formula of formulas) {
        window.katex.render(formula.textContent, formula, {
          displayMode: formula.classList.contains("ck-math-block"),
          throwOnError: false,
          trust: false,
          maxSize: 20,
          maxExpand: 200,
        });
      }
    });
    document.head.append(style, script);
  }

  /* Diagrams: the same with mermaid, which is far larger. */
  if (one("pre.mermaid-source")) {
    const script = document.createElement("script");
    script.src = new URL("diagrams.js", own);
    document.head.append(script);
  }
})();
