"use strict";
(() => {
  const rows = [...document.querySelectorAll("tbody tr")];
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = new Map(rows.map((row) => [row, fold(row.textContent)]));
  const filter = document.getElementById("filter");
  const count = document.getElementById("count");
  const apply = () => {
    const words = fold(filter.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !words.every((word) => texts.get(row).includes(word));
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${count.dataset.all} teams`;
  };
  filter.addEventListener("input", apply);
  filter.closest("p").hidden = false;
  apply();
  const heads = [...document.querySelectorAll("thead th")];
  const collator = new Intl.Collator("en", { numeric: true });
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const rising = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
      const sorted = [...rows].sort((a, b) => collator.compare(value(a), value(b)));
      document.querySelector("tbody").append(...(rising ? sorted : sorted.reverse()));
    });
  });
  const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const time of document.querySelectorAll("time")) {
    const days = Math.floor((Date.now() - Date.parse(time.dateTime)) / 86400000);
    if (!Number.isFinite(days)) continue;
    time.title = time.textContent;
    time.textContent = days > 60 ? ago.format(-Math.round(days / 30), "month") : ago.format(-days, "day");
  }
})();
