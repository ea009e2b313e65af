/* Quizzes that check themselves. The answers stand in the page; nothing leaves it. */
"use strict";

for (const quiz of document.querySelectorAll("[data-quiz]")) {
  const say = (word) => quiz.dataset[`quiz${word}`];
  const make = (tag, name, text = "") => {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = text;
    return made;
  };
  const questions = [...quiz.querySelectorAll(".quiz-question")];
  const firstTries = new Map();
  const score = make("p", "quiz-score");
  score.setAttribute("role", "status");

  const reset = questions.map((question) => {
    const inputs = [...question.querySelectorAll("input")];
    const answers = [...question.querySelectorAll(".quiz-answer li")];
    const details = question.querySelector(".quiz-answer");
    const check = make("button", "quiz-check", say("Check"));
    check.type = "button";
    const feedback = make("div", "quiz-feedback");
    feedback.setAttribute("role", "status");
    details.before(check, feedback);

    const answer = () => {
      const chosen = inputs.map((input) => input.checked);
      feedback.replaceChildren();
      delete question.dataset.quizState;
      if (!chosen.includes(true)) {
        feedback.append(make("p", "", say("None")));
        return;
      }
      const solution = answers.map((item) => "quizSolution" in item.dataset);
      const wrong = chosen.some((picked, place) => picked && !solution[place]);
      const missing = solution.some((right, place) => right && !chosen[place]);
      const state = wrong ? "Wrong" : missing ? "Missing" : "Right";
      question.dataset.quizState = state.toLowerCase();
      feedback.append(make("p", "quiz-verdict", say(state)));
      const list = make("ul", "");
      answers.forEach((item, place) => {
        if (chosen[place] && (!wrong || !solution[place])) {
          const line = document.createElement("li");
          for (const part of item.querySelectorAll("q, .quiz-why")) {
            line.append(part.cloneNode(true), " ");
          }
          list.append(line);
        }
      });
      feedback.append(list);
      if (!firstTries.has(question)) firstTries.set(question, state === "Right");
      if (firstTries.size === questions.length) {
        const right = [...firstTries.values()].filter(Boolean).length;
        score.textContent = say("Score").replace("%n", right).replace("%a", questions.length);
        again.hidden = false;
      }
    };
    check.addEventListener("click", answer);
    return () => {
      for (const input of inputs) input.checked = false;
      feedback.replaceChildren();
      details.open = false;
      delete question.dataset.quizState;
    };
  });

  const again = make("button", "quiz-again", say("Again"));
  again.type = "button";
  again.hidden = true;
  again.addEventListener("click", () => {
    firstTries.clear();
    score.textContent = "";
    for (const one of reset) one();
    again.hidden = true;
    quiz.querySelector("input").focus();
  });
  quiz.append(score, again);
}
