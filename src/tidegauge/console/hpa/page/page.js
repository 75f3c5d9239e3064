// Shows the step under the pointer, or the one that the arrow keys have come to, with its reason.
"use strict";
(() => {
  const { runs, seconds } = JSON.parse(document.getElementById("data").textContent);
  const charts = document.querySelector(".charts");
  if (!charts) return;

  const leader = runs.reduce((most, run) => (run.at.length > most.at.length ? run : most));
  const plots = [...charts.querySelectorAll(".plot")];
  const crosses = plots.map((plot) => plot.appendChild(made("i", "cross")));
  const tip = charts.appendChild(made("div", runs.length > 1 ? "tip many" : "tip"));
  let place = 0;

  function made(name, kind, words) {
    const element = document.createElement(name);
    if (kind) element.className = kind;
    if (words !== undefined) element.textContent = words;
    return element;
  }

  const two = (number) => String(number).padStart(2, "0");
  function clock(at) {
    const whole = Math.round(at);
    return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  }
  const number = (value) => value.toLocaleString("en", { maximumSignificantDigits: 4 });
  const sized = (run, step) => run.had[step] === run.size[step] ? `${run.size[step]} replicas` : `${run.had[step]} → ${run.size[step]} replicas`;

  // The last step that is not after `at`; -1 before the first.
  function last(run, at) {
    let low = 0, high = run.at.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (run.at[middle] <= at) low = middle + 1; else high = middle;
    }
    return low - 1;
  }

  function nearest(at) {
    const before = Math.max(0, last(leader, at)), after = Math.min(before + 1, leader.at.length - 1);
    return leader.at[after] - at < at - leader.at[before] ? after : before;
  }

  function described(run, step) {
    const part = made("section"), head = made("h3", "", sized(run, step)), list = made("dl");
    if (runs.length > 1) head.prepend(made("i", `chip ${run.letter.toLowerCase()}`, run.letter));
    for (const row of run.rows) {
      if (row.values[step] === null) continue;
      list.append(made("dt", "", row.label), made("dd", "", number(row.values[step]) + row.suffix));
    }
    part.append(head, made("p", "", run.reasons[run.reason[step]]), list);
    return part;
  }

  function spoken(at) {
    const said = runs.map((run) => {
      const step = last(run, at);
      return step < 0 ? "" : `${runs.length > 1 ? run.letter + ": " : ""}${sized(run, step)}. ${run.reasons[run.reason[step]]}`;
    });
    return `${clock(at)}. ${said.join(" ")}`;
  }

  function show(step, below) {
    place = step;
    const at = leader.at[step], share = at / seconds;
    for (const cross of crosses) Object.assign(cross.style, { left: `${share * 100}%`, display: "" });
    tip.replaceChildren(made("small", "", clock(at)));
    for (const run of runs) {
      const own = last(run, at);
      if (own >= 0) tip.append(described(run, own));
    }
    tip.hidden = false;
    const box = charts.getBoundingClientRect(), plot = plots[0].getBoundingClientRect();
    const x = plot.left - box.left + share * plot.width;
    const left = share < 0.5;
    const where = { left: left ? `${x + 14}px` : "auto", right: left ? "auto" : `${box.width - x + 14}px`,
      top: `${Math.max(0, Math.min(below, box.height - tip.offsetHeight))}px` };
    for (const side in where) tip.style.setProperty(`--${side}`, where[side]);
    charts.setAttribute("aria-valuenow", step);
    charts.setAttribute("aria-valuetext", spoken(at));
  }

  function hide() {
    tip.hidden = true;
    for (const cross of crosses) cross.style.display = "none";
  }

  function resized(from, way) {
    for (let step = from + way; step >= 0 && step < leader.at.length; step += way) {
      if (runs.some((run) => { const own = last(run, leader.at[step]); return own >= 0 && run.had[own] !== run.size[own]; })) return step;
    }
    return from;
  }

  charts.addEventListener("pointermove", (event) => {
    const plot = plots[0].getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - plot.left) / plot.width));
    show(nearest(share * seconds), event.clientY - charts.getBoundingClientRect().top + 14);
  });
  charts.addEventListener("pointerleave", () => document.activeElement === charts ? show(place, 0) : hide());
  charts.addEventListener("focus", () => show(place, 0));
  charts.addEventListener("blur", hide);

  const moves = {
    ArrowRight: () => place + 1, ArrowUp: () => place + 1, ArrowLeft: () => place - 1, ArrowDown: () => place - 1,
    PageDown: () => resized(place, 1), PageUp: () => resized(place, -1), Home: () => 0, End: () => leader.at.length - 1,
  };
  charts.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return hide();
    if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    show(Math.min(leader.at.length - 1, Math.max(0, moves[event.key]())), 0);
  });

  const role = { role: "slider", tabindex: 0, "aria-label": "Step of the run", "aria-valuemin": 0, "aria-valuemax": leader.at.length - 1 };
  for (const [name, value] of Object.entries(role)) charts.setAttribute(name, value);
  for (const why of charts.querySelectorAll(".why")) why.remove(); // the tip says it better
  document.querySelector(".hint").hidden = false;
  hide();
})();
