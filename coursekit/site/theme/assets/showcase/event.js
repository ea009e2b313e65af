/* The presenter's timer, and the feedback form. Both work without a network. */
"use strict";

(() => {
  const one = (id) => document.getElementById(id);
  const words = JSON.parse(document.querySelector('meta[name="ck-words"]').content);
  const say = (text, value) => text.replace("{value}", value);

  const timer = () => {
    const talks = JSON.parse(one("talks").textContent);
    const warning = Number(document.body.dataset.warning);
    let now = 0;
    let spent = 0; /* milliseconds of this talk before the clock was last started */
    let since = null;
    const remember = () => {
      try {
        sessionStorage.setItem("ck-timer", JSON.stringify({ now, spent, since }));
      } catch {
        /* A page from a folder may have no memory. */
      }
    };
    try {
      const kept = JSON.parse(sessionStorage.getItem("ck-timer") ?? "null");
      if (kept && kept.now < talks.length) ({ now, spent, since } = kept);
    } catch {
      /* Then it begins at the beginning. */
    }
    const elapsed = () => spent + (since === null ? 0 : Date.now() - since);
    const clock = (seconds) =>
      `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    const show = () => {
      const talk = talks[now];
      if (!talk) return;
      const left = Math.ceil(talk.minutes * 60 - elapsed() / 1000);
      const questions = talk.questions * 60;
      const over = -left;
      const asking = left <= 0 && over < questions;
      one("title").textContent = talk.title;
      one("clock").textContent = left > 0 ? clock(left) : asking ? clock(questions - over) : `+${clock(over - questions)}`;
      one("phase").textContent =
        left > 0 ? (talk.break ? words.timer_break : "") : asking ? words.timer_questions : words.timer_over;
      document.body.classList.toggle("warning", !talk.break && left > 0 && left <= warning);
      document.body.classList.toggle("over", left <= 0 && !asking);
      const next = talks[now + 1];
      one("next").textContent = next ? say(words.timer_next, `${next.title} (${next.start})`) : words.timer_end;
      document.title = `${one("clock").textContent} · ${talk.title}`;
    };
    const run = (on) => {
      spent = elapsed();
      since = on ? Date.now() : null;
      remember();
      show();
    };
    const go = (step) => {
      now = Math.min(talks.length - 1, Math.max(0, now + step));
      reset();
    };
    const reset = () => {
      spent = 0;
      since = null;
      remember();
      show();
    };
    const full = () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen?.().catch(() => {});
    };
    const actions = {
      start: () => run(since === null),
      before: () => go(-1),
      after: () => go(1),
      reset,
      full,
    };
    for (const [id, action] of Object.entries(actions)) {
      one(id).addEventListener("click", (event) => {
        action();
        event.currentTarget.blur();
      });
    }
    const keys = { " ": "start", ArrowLeft: "before", ArrowRight: "after", r: "reset", f: "full" };
    document.addEventListener("keydown", (event) => {
      const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
      /* A button that has the focus does what it says. */
      if (event.key === " " && event.target.closest("button, a")) return;
      event.preventDefault();
      actions[action]();
    });
    show();
    setInterval(show, 250);
  };

  const feedback = () => {
    const form = one("form");
    const select = one("project");
    const choose = () => {
      const slug = decodeURIComponent(location.hash.slice(1));
      if ([...select.options].some((option) => option.value === slug)) select.value = slug;
    };
    addEventListener("hashchange", choose);
    choose();
    const text = () => {
      const parts = [say(words.feedback_for, select.selectedOptions[0].textContent)];
      for (const area of form.querySelectorAll("textarea")) {
        const name = form.querySelector(`label[for="${area.id}"]`).textContent;
        if (area.value.trim()) parts.push(`${name}\n${area.value.trim()}`);
      }
      return `${parts.join("\n\n")}\n`;
    };
    const save = one("save");
    save.hidden = false;
    save.addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text()], { type: "text/plain" }));
      link.download = `feedback-${select.value}.txt`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      one("told").textContent = words.feedback_saved;
    });
    form.addEventListener("submit", (event) => {
      if (!form.dataset.mail) return;
      event.preventDefault();
      const subject = text().split("\n", 1)[0];
      location.href = `${form.action}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(text())}`;
    });
  };

  if (document.body.classList.contains("timer")) timer();
  else feedback();
})();
