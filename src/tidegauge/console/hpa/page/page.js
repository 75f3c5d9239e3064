// Shows the step under the pointer, or the one the arrow keys have come to, with its reason; zooms.
"use strict";
(() => {
  const { runs, seconds } = JSON.parse(document.getElementById("data").textContent);
  const charts = document.querySelector(".charts");
  if (!charts) return;

  const plots = [...charts.querySelectorAll(".plot")];
  const drawings = plots.map((plot) => plot.querySelector("svg"));
  const whole = drawings[0].viewBox.baseVal.width;
  const crosses = plots.map((plot) => plot.appendChild(made("i", "cross")));
  const ranges = plots.map((plot) => plot.appendChild(made("i", "range")));
  const tip = charts.appendChild(made("div", runs.length > 1 ? "tip many" : "tip"));
  const leader = runs.reduce((most, run) => (run.at.length > most.at.length ? run : most));
  const end = leader.at.length - 1;
  let view = { from: 0, to: seconds };
  const cursor = made("div", "cursor"); // takes the keys, and is what screen readers hear of the pictures
  charts.prepend(cursor);
  let place = 0, dragged = null;

  function made(name, kind, words) {
    const element = document.createElement(name);
    if (kind) element.className = kind;
    if (words !== undefined) element.textContent = words;
    return element;
  }
  const within = (value, least, most) => Math.min(most, Math.max(least, value));

  // Numbers and times, as the rest of the page writes them.
  const two = (number) => String(number).padStart(2, "0");
  function clock(at) {
    const whole = Math.round(at);
    return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  }
  const number = (value) => value.toLocaleString("en", { maximumSignificantDigits: 4 });
  function sized(run, step) {
    const from = run.had[step], to = run.size[step];
    return from === to ? `${to} replicas` : `${from} → ${to} replicas`;
  }

  // The last step of a run that is not after `at`; -1 before the first.
  function last(run, at) {
    let low = 0, high = run.at.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (run.at[middle] <= at) low = middle + 1; else high = middle;
    }
    return low - 1;
  }
  function nearest(at) {
    const before = Math.max(0, last(leader, at)), after = Math.min(before + 1, end);
    return leader.at[after] - at < at - leader.at[before] ? after : before;
  }
  function changing(step) {
    return runs.some((run) => {
      const own = last(run, leader.at[step]);
      return own >= 0 && run.had[own] !== run.size[own];
    });
  }
  function nextChange(way) {
    for (let step = place + way; step >= 0 && step <= end; step += way) if (changing(step)) return step;
    return place;
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
  function spoken(run, step) {
    const who = runs.length > 1 ? `${run.letter}: ` : "";
    return `${who}${sized(run, step)}. ${run.reasons[run.reason[step]]}.`;
  }

  function show(step, below) {
    place = step;
    const at = leader.at[step], share = (at - view.from) / (view.to - view.from);
    const now = runs.map((run) => [run, last(run, at)]).filter(([, own]) => own >= 0);
    for (const cross of crosses) Object.assign(cross.style, { left: `${share * 100}%`, display: "block" });
    tip.replaceChildren(made("small", "", clock(at)), ...now.map((each) => described(...each)));
    tip.hidden = false;
    const box = charts.getBoundingClientRect(), plot = plots[0].getBoundingClientRect();
    const x = plot.left - box.left + share * plot.width, right = share < 0.5;
    const lowest = Math.min(box.height, window.innerHeight - box.top) - tip.offsetHeight;
    tip.style.setProperty("--left", right ? `${x + 14}px` : "auto");
    tip.style.setProperty("--right", right ? "auto" : `${box.width - x + 14}px`);
    tip.style.setProperty("--top", `${within(below, 0, Math.max(0, lowest))}px`);
    cursor.setAttribute("aria-valuenow", step);
    cursor.setAttribute("aria-valuetext", `${clock(at)}. ${now.map((each) => spoken(...each)).join(" ")}`);
  }
  function hide() {
    tip.hidden = true;
    for (const cross of crosses) cross.style.display = "none";
  }

  const spans = [1, 2, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
  function zoom(from, to) {
    const least = Math.min(seconds, 60), length = within(to - from, least, seconds);
    from = within((from + to - length) / 2, 0, seconds - length);
    view = { from, to: from + length };
    for (const drawing of drawings) {
      drawing.setAttribute("viewBox", `${from / seconds * whole} 0 ${length / seconds * whole} ${drawing.viewBox.baseVal.height}`);
    }
    const step = spans.find((each) => length / each <= 8) ?? 86400 * Math.ceil(length / 8 / 86400);
    for (const plot of plots) {
      plot.querySelectorAll(".column").forEach((label) => label.remove());
      for (let at = Math.ceil(from / step) * step, odd = false; at <= view.to; at += step, odd = !odd) {
        const label = plot.appendChild(made("span", odd ? "column between" : "column", clock(at)));
        label.style.left = `${(at - from) / length * 100}%`;
      }
    }
    hide();
  }
  function zoomBy(factor) {
    const at = leader.at[place], reach = (view.to - view.from) * factor / 2;
    zoom(at - reach, at + reach);
    show(place, 0);
  }
  function go(step) {
    const at = leader.at[within(step, 0, end)], length = view.to - view.from;
    if (at < view.from || at > view.to) zoom(at - length / 2, at + length / 2);
    show(within(step, 0, end), 0);
  }

  function pointed(event) {
    const plot = plots[0].getBoundingClientRect();
    const share = within((event.clientX - plot.left) / plot.width, 0, 1);
    return { share, at: view.from + share * (view.to - view.from) };
  }
  function mark(from, to) {
    for (const range of ranges) {
      Object.assign(range.style, { left: `${Math.min(from, to) * 100}%`, width: `${Math.abs(to - from) * 100}%` });
    }
  }
  charts.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0) dragged = pointed(event);
  });
  charts.addEventListener("pointermove", (event) => {
    const here = pointed(event);
    if (dragged) mark(dragged.share, here.share);
    show(nearest(here.at), event.clientY - charts.getBoundingClientRect().top + 14);
  });
  window.addEventListener("pointerup", (event) => {
    if (!dragged) return;
    const begun = dragged, here = pointed(event);
    dragged = null;
    mark(0, 0);
    if (Math.abs(here.share - begun.share) > 0.01) zoom(Math.min(begun.at, here.at), Math.max(begun.at, here.at));
  });
  charts.addEventListener("mousedown", (event) => {
    event.preventDefault(); // else the focus went where the pointer is
    cursor.focus({ preventScroll: true });
  });
  charts.addEventListener("dblclick", () => zoom(0, seconds));
  charts.addEventListener("pointerleave", () => (document.activeElement === cursor ? show(place, 0) : hide()));
  cursor.addEventListener("focus", () => { if (!dragged) go(place); });
  cursor.addEventListener("blur", hide);

  const keys = {
    ArrowRight: () => go(place + 1), ArrowLeft: () => go(place - 1),
    ArrowUp: () => go(place + 1), ArrowDown: () => go(place - 1),
    PageDown: () => go(nextChange(1)), PageUp: () => go(nextChange(-1)),
    Home: () => go(0), End: () => go(end),
    "+": () => zoomBy(0.5), "=": () => zoomBy(0.5), "-": () => zoomBy(2), 0: () => { zoom(0, seconds); go(place); }, Escape: hide,
  };
  cursor.addEventListener("keydown", (event) => {
    if (!(event.key in keys) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  const buttons = { "Zoom in": () => zoomBy(0.5), "Zoom out": () => zoomBy(2), "Show all": () => zoom(0, seconds) };
  const hint = document.querySelector(".hint");
  hint.prepend(...Object.entries(buttons).map(([name, press]) => {
    const button = made("button", "", name);
    button.addEventListener("click", press);
    return button;
  }));

  const slider = { role: "slider", tabindex: 0, "aria-label": "Step of the run", "aria-valuemin": 0, "aria-valuemax": end };
  for (const [name, value] of Object.entries(slider)) cursor.setAttribute(name, value);
  for (const why of charts.querySelectorAll(".why")) why.remove(); // the tip says it better
  hint.hidden = false;
  hide();
})();
