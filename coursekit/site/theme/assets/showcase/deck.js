/* Starts the deck; S opens the speaker's window, which follows this one. */
"use strict";

(() => {
  const render = () => {
    if (!window.katex) return;
    for (const formula of document.querySelectorAll(".ck-math, .ck-math-block")) {
      window.katex.render(formula.textContent, formula, {
        displayMode: formula.classList.contains("ck-math-block"),
        throwOnError: false,
        trust: false,
        maxSize: 20,
        maxExpand: 200,
      });
    }
  };
  render();
  if (!window.Reveal) return;

  /* On paper there is a page for each slide, wherever one prints from. */
  const main = document.querySelector(".reveal");
  const onPaper = (deck) =>
    addEventListener("beforeprint", () => {
      deck?.destroy();
      main.classList.remove("reveal");
      document.body.className = "printed";
      /* Not at once: some browsers still read the page when they say that they have printed. */
      addEventListener("afterprint", () => setTimeout(() => location.reload(), 500), { once: true });
    }, { once: true });

  const speaker = new URLSearchParams(location.search).has("speaker");
  const words = JSON.parse(document.querySelector('meta[name="ck-words"]')?.content ?? "{}");
  if (speaker) document.body.classList.add("speaker");
  else if (matchMedia("(max-width: 600px)").matches) {
    /* A slide scaled to a phone is too small to read, so there the deck is a text to scroll. */
    main.classList.remove("reveal");
    document.body.classList.add("reading");
    onPaper(null);
    return;
  }

  const deck = new window.Reveal(main, {
    width: 1280,
    height: 720,
    margin: 0.02,
    center: false,
    hash: !speaker,
    slideNumber: "c/t",
    controls: false,
    transition: "none",
    embedded: speaker,
  });
  const slides = [...document.querySelectorAll(".slides > section")];

  deck.initialize().then(() => {
    let other = null;
    const tell = () => {
      if (other && !other.closed) other.postMessage({ slide: deck.getIndices().h }, "*");
    };
    addEventListener("message", (event) => {
      /* Only the window that we opened, or that opened us, is heard; and only a number. */
      if (event.source !== other && event.source !== window.opener) return;
      const slide = event.data?.slide;
      if (Number.isInteger(slide) && slide !== deck.getIndices().h) deck.slide(slide);
      if (event.data === "ready") tell();
    });
    deck.on("slidechanged", tell);

    if (!speaker) {
      onPaper(deck);
      deck.addKeyBinding(
        { keyCode: 83, key: "S", description: words.speaker_view },
        () => {
          const address = new URL(location.href);
          address.search = "?speaker";
          other = window.open(address, "speaker", "width=1200,height=760");
        },
      );
      return;
    }

    const panel = document.createElement("aside");
    panel.className = "speaker-panel";
    const bar = document.createElement("div");
    bar.className = "speaker-bar";
    const clock = document.createElement("div");
    const due = document.createElement("div");
    const next = document.createElement("div");
    bar.append(clock, due, next);
    document.body.append(panel, bar);
    const start = Date.now();
    const time = (seconds) =>
      `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
    const line = (box, name, value) => {
      const strong = document.createElement("b");
      strong.textContent = value;
      box.replaceChildren(name, strong);
    };
    const planned = (last) =>
      slides.slice(0, last + 1).reduce((sum, slide) => sum + Number(slide.dataset.seconds), 0);
    const show = () => {
      const now = deck.getIndices().h;
      panel.replaceChildren(...(slides[now].querySelector(".notes")?.cloneNode(true).childNodes ?? []));
      const following = slides[now + 1]?.querySelector("h1, h2")?.textContent ?? "–";
      line(next, words.speaker_next, following);
      tick();
    };
    const tick = () => {
      const seconds = (Date.now() - start) / 1000;
      const end = planned(deck.getIndices().h);
      line(clock, words.speaker_time, time(seconds));
      line(due, words.speaker_due, time(end));
      clock.classList.toggle("over", seconds > end);
    };
    other = window.opener;
    deck.on("slidechanged", show);
    show();
    setInterval(tick, 1000);
    if (other) other.postMessage("ready", "*");
  });
})();
