"use strict";
const byId = (id) => document.getElementById(id);
const make = (name, more = {}, ...inside) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(more)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...inside.filter((one) => one != null && one !== false));
  return made;
};
const SVG = "http://www.w3.org/2000/svg";
const icon = (name, more = "") => {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `i ${more}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
};
const { together, cases } = JSON.parse(byId("index").textContent);
const signs = { failed: "circle-x", passed: "circle-check", skipped: "circle-dashed", open: "circle-dashed" };
const words = { failed: "Failed", passed: "Passed", skipped: "Skipped", open: "Not implemented" };
const lasting = (millis) => {
  const whole = Math.floor(millis / 1000);
  if (whole < 60) return `${+(millis / 1000).toFixed(2)} s`;
  if (whole < 3600) return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
};

// The list.
let current = 0;
let status = "";
cases.forEach((one, number) => {
  one.number = number + 1;
  one.text = [one.name, one.file, one.headline ?? "", ...one.values, ...one.tags.map((tag) => `#${tag}`)].join("\n").toLowerCase();
});
const count = (word) => cases.filter((one) => one.status === word).length;
const options = (select, first, names) => {
  select.append(make("option", { value: "" }, first), ...names.map((name) => make("option", {}, name)));
  select.hidden = names.length < 2;
};
options(byId("tag"), "All tags", [...new Set(cases.flatMap((one) => one.tags))].sort());
options(byId("file"), "All files", [...new Set(cases.map((one) => one.file))].sort());
for (const word of ["", "failed", "passed", "skipped", "open"]) {
  if (["skipped", "open"].includes(word) && !count(word)) continue;
  const number = word ? count(word) : cases.length;
  const text = word === "open" ? "Open" : (words[word] ?? "All");
  const button = make("button", { type: "button", "aria-pressed": word === status ? "true" : "false" }, text, make("span", {}, number));
  button.addEventListener("click", () => {
    status = word;
    for (const other of byId("status").children) other.setAttribute("aria-pressed", String(other === button));
    list();
  });
  byId("status").append(button);
}
const entry = (one) => {
  const link = make("a", { href: `#case-${one.number}`, "aria-current": one.number === current ? "true" : null });
  const sign = make("span", { class: one.status }, icon(signs[one.status]), make("span", { class: "vh" }, `${words[one.status]}: `));
  link.append(sign, make("span", { class: `n ${one.status === "failed" ? "f" : ""}` }, one.name), make("time", {}, lasting(one.took)));
  if (one.headline) link.append(make("span", { class: "w" }, one.headline));
  if (one.values.length) link.append(make("span", { class: "v" }, ...one.values.map((value) => make("span", { class: "par" }, value))));
  return link;
};
const shown = () => {
  const asked = byId("q").value.toLowerCase().split(/\s+/).filter(Boolean);
  const [tag, file] = [byId("tag").value, byId("file").value];
  return cases.filter((one) =>
    (!status || one.status === status) && (!tag || one.tags.includes(tag)) && (!file || one.file === file) &&
    asked.every((word) => one.text.includes(word)));
};
function list() {
  const all = shown();
  const into = byId("cases");
  const open = new Set([...into.querySelectorAll("details[open]")].map((one) => one.dataset.file));
  into.replaceChildren();
  if (!all.length) {
    into.append(make("p", { class: "none mut s", role: "status" }, `No case matches ${byId("q").value ? `“${byId("q").value}”` : "these filters"}. `));
    return;
  }
  if (byId("order").value === "slow") {
    into.append(...all.sort((one, other) => other.took - one.took).map(entry));
    return;
  }
  const searched = byId("q").value || byId("file").value || all.length <= 12;
  for (const word of ["failed", "open", "skipped", "passed"]) {
    const some = all.filter((one) => one.status === word);
    if (!some.length) continue;
    into.append(make("h2", { class: word === "failed" ? "f" : "" }, words[word]));
    if (word !== "passed") {
      into.append(...some.map(entry));
      continue;
    }
    for (const file of new Set(some.map((one) => one.file))) {
      const its = some.filter((one) => one.file === file);
      const here = its.some((one) => one.number === current);
      const fold = make("details", { "data-file": file, open: Boolean(searched || here || open.has(file)) });
      const name = make("span", { class: "n", title: file }, file.split("/").slice(-2).join("/"));
      fold.append(make("summary", {}, icon("chevron-right"), name, make("span", { class: "mut" }, its.length)), ...its.map(entry));
      into.append(fold);
    }
  }
}
byId("q").addEventListener("input", list);
for (const id of ["tag", "file", "order"]) byId(id).addEventListener("change", list);

// Sounds: G.711, each decoded when it is first played.
const decoded = new Map();
let audio;
const law = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 255;
  const value = ((((bits & 15) << 3) + 132) << ((bits >> 4) & 7)) - 132;
  return (bits & 128 ? -value : value) / 32768;
});
const bytes = (id) => Uint8Array.from(atob(byId(id).textContent.trim()), (letter) => letter.charCodeAt(0));
function buffer(number) {
  if (!decoded.has(number)) {
    const codes = bytes(`sound-${number}`);
    const made = audio.createBuffer(1, Math.max(codes.length, 1), 8000);
    made.getChannelData(0).set(Float32Array.from(codes, (code) => law[code]));
    decoded.set(number, made);
  }
  return decoded.get(number);
}

// A case.
const inflate = async (id) => {
  const stream = new Blob([bytes(id)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
};
let halt = () => {};
async function show(number, focus) {
  halt();
  halt = () => {};
  current = number;
  list();
  const chunk = (await inflate(`chunk-${Math.ceil(number / together)}`))[(number - 1) % together];
  if (number !== current) return;
  document.body.classList.add("one");
  const into = byId("case");
  into.innerHTML = chunk.html;
  into.prepend(make("a", { class: "btn back", href: "#" }, icon("arrow-left"), "All cases"));
  document.title = `${cases[number - 1].name} · Attendant report`;
  await quote(byId("source"));
  // A picture fills its board, but shrinks no further than its words can be read, and grows by a quarter at most.
  for (const svg of into.querySelectorAll(".board svg.l")) {
    const width = svg.viewBox.baseVal.width;
    svg.style.minWidth = `${width * 0.86}px`;
    svg.style.maxWidth = `${width * 1.25}px`;
  }
  if (chunk.play) follow(chunk.play);
  document.querySelector("#cases a[aria-current]")?.scrollIntoView({ block: "nearest" });
  if (focus) byId("name").focus({ preventScroll: true });
  if (focus) scrollTo(0, Math.min(scrollY, into.offsetTop));
  into.dataset.shown = number;
}

// The scenario, with the line that failed marked.
async function quote(board) {
  const lines = await inflate(`file-${board.dataset.file}`);
  const failed = +(board.dataset.failed ?? 0);
  const source = make("pre", { class: "src", tabindex: "0", role: "region", "aria-label": "The file" });
  lines.forEach((line, at) => {
    const bad = at + 1 === failed;
    const row = make("span", { class: bad ? "bad" : null }, make("b", {}, at + 1));
    if (bad) row.append(make("span", { class: "vh" }, " failed"));
    const words = make("span");
    words.innerHTML = line;
    row.append(words);
    source.append(row);
  });
  board.replaceChildren(source);
  const bad = source.querySelector(".bad");
  if (bad) source.scrollTop = bad.offsetTop - source.clientHeight / 2;
}

// A moment in seconds, with the milliseconds that are over, as the table and the ladder have it.
const seconds = (micros) => (Math.floor(micros / 1000) / 1000).toFixed(3);

// Place of a moment between known ones, and the reverse.
const between = (points, at, from, to) => {
  const next = points.findIndex((point) => point[from] >= at);
  if (next < 0) return points.length ? points[points.length - 1][to] : 0;
  if (!next || points[next][from] === at) return points[next][to];
  const [one, other] = [points[next - 1], points[next]];
  return one[to] + ((other[to] - one[to]) * (at - one[from])) / (other[from] - one[from] || 1);
};

function follow(play) {
  let at = play.at;
  let speed = 1;
  let running = null;
  const rows = [...document.querySelectorAll("#events tbody tr")];
  const cursor = document.querySelector("#ladder .cur");
  const line = document.querySelector("#strips .curl");
  const [go, ear, seek] = [byId("go"), byId("ear"), byId("seek")];
  const [first, last] = play.points.length ? [play.points[0][1], play.points[play.points.length - 1][1]] : [0, 1];
  let chosen = null;
  if (ear) {
    ear.value = play.ear;
    byId("silent").textContent = play.sound ? "" : "Sound is kept for failures; play with --report-sound all to keep it for every case.";
  }
  const now = () => (running ? Math.min(play.took, running.at + (running.clock() - running.began) * 1e6 * speed) : at);
  function draw(scroll) {
    cursor?.setAttribute("y", between(play.rows, at, 0, 1) - 11);
    if (line) line.setAttribute("transform", `translate(${between(play.points, at, 0, 1)} 0)`);
    const newest = chosen ?? rows.findLastIndex((row) => +row.dataset.t <= at);
    rows.forEach((row, number) => {
      row.classList.toggle("here", number === newest);
      if (number === newest) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    });
    const here = rows[newest];
    if (scroll && here && !here.hidden) {
      const box = byId("events");
      box.scrollTop = here.offsetTop - box.clientHeight / 2;
    }
    if (!ear) return;
    byId("clock").textContent = `${seconds(at)} / ${seconds(play.took)} s`;
    seek.value = Math.round((1000 * (between(play.points, at, 0, 1) - first)) / (last - first || 1));
    seek.setAttribute("aria-valuetext", `${seconds(at)} s`);
    const heard = play.ears[ear.value].captions.findLast((one) => one[0] <= at && (one[1] > at || one[1] >= play.took));
    const [sign, text] = heard ? [{ prompt: "volume-2", hold: "music", conf: "users", quiet: "volume-x" }[heard[2]], heard[3]] : ["volume-x", "No call"];
    byId("caption").replaceChildren(icon(sign), make("span", { class: heard && heard[2] !== "quiet" ? "" : "mut" }, text));
  }
  function sound() {
    const sources = [];
    const start = audio.currentTime + 0.03;
    for (const [from, until, number, skip, repeats] of play.ears[ear.value].plays) {
      if (until <= at) continue;
      const source = audio.createBufferSource();
      source.buffer = buffer(number);
      source.loop = repeats;
      const missed = Math.max(0, at - from) / 1e6;
      const offset = skip / 8000 + missed;
      if (!repeats && offset >= source.buffer.duration) continue;
      source.connect(audio.destination);
      source.start(start + Math.max(0, from - at) / 1e6, repeats ? offset % source.buffer.duration : offset);
      source.stop(start + (until - at) / 1e6);
      sources.push(source);
    }
    return { sources, start };
  }
  function begin() {
    if (at >= play.took) at = 0;
    chosen = null;
    const loud = play.sound && speed === 1;
    let clock = () => performance.now() / 1000;
    let [sources, began] = [[], clock()];
    if (loud) {
      audio ??= new AudioContext();
      audio.resume();
      ({ sources, start: began } = sound());
      clock = () => Math.max(began, audio.currentTime);
    }
    running = { at, began, clock, sources };
    go.replaceChildren(icon("pause"));
    go.setAttribute("aria-label", "Pause");
    const frame = () => {
      if (!running) return;
      at = now();
      draw(true);
      if (at >= play.took) pause();
      else running.frame = requestAnimationFrame(frame);
    };
    frame();
  }
  function pause() {
    if (!running) return;
    at = now();
    cancelAnimationFrame(running.frame);
    for (const source of running.sources) source.stop();
    running = null;
    go.replaceChildren(icon("play"));
    go.setAttribute("aria-label", "Play");
  }
  halt = pause;
  function read(number) {
    const into = byId("message");
    if (into && number != null) into.replaceChildren(make("pre", {}, play.messages[number]));
  }
  function jump(to, scroll, row = null) {
    const goes = Boolean(running);
    pause();
    at = Math.max(0, Math.min(to, play.took));
    chosen = row;
    draw(scroll);
    if (goes) begin();
  }
  if (ear) {
    go.addEventListener("click", () => (running ? pause() : begin()));
    ear.addEventListener("change", () => jump(at, false, chosen));
    byId("speed").addEventListener("change", () => {
      const goes = Boolean(running);
      pause();
      speed = +byId("speed").value;
      if (goes) begin();
    });
    seek.addEventListener("input", () => jump(between(play.points, first + ((last - first) * seek.value) / 1000, 1, 0), true));
  }
  for (const id of ["ladder", "strips"]) {
    byId(id)?.addEventListener("click", (event) => {
      const hit = event.target.closest("[data-t]");
      if (!hit) return;
      const row = hit.dataset.m == null ? -1 : rows.findIndex((row) => row.dataset.m === hit.dataset.m);
      jump(+hit.dataset.t, true, row < 0 ? null : row);
      read(hit.dataset.m);
    });
  }
  const choose = (number, scroll) => {
    jump(+rows[number].dataset.t, scroll, number);
    read(rows[number].dataset.m);
  };
  rows.forEach((row, number) => row.addEventListener("click", () => choose(number, false)));
  byId("events").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const visible = rows.map((_, number) => number).filter((number) => !rows[number].hidden);
    const here = visible.indexOf(rows.findIndex((row) => row.classList.contains("here")));
    const next = visible[Math.max(0, Math.min(visible.length - 1, here + (event.key === "ArrowDown" ? 1 : -1)))];
    if (next != null) choose(next, true);
  });
  const filter = () => {
    const [who, steps, wire] = [byId("who").value, !byId("steps") || byId("steps").checked, !byId("wire") || byId("wire").checked];
    for (const row of rows) {
      row.hidden = (!steps && row.classList.contains("d-step")) || (!wire && /\bk-(sip|rtp)\b/.test(row.className)) || (who && row.children[1].textContent !== who && !row.classList.contains("k-failed"));
    }
  };
  byId("who").addEventListener("change", filter);
  byId("steps")?.addEventListener("change", filter);
  byId("wire")?.addEventListener("change", filter);
  filter();
  draw(true);
  // The failure is what the ladder shows first.
  const board = byId("ladder");
  if (play.at && cursor) {
    const drawn = cursor.ownerSVGElement;
    const scale = drawn.clientWidth / drawn.viewBox.baseVal.width;
    board.scrollTop = between(play.rows, at, 0, 1) * scale - board.clientHeight / 2;
  }
}

// The page.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = byId(button.dataset.copy).textContent;
  let copied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const range = document.createRange();
    range.selectNodeContents(byId(button.dataset.copy));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    copied = document.execCommand("copy");
  }
  const toast = byId("toast");
  toast.textContent = copied ? "Copied. Paste it into a terminal to play it again." : "The browser does not let this page copy; the command is selected.";
  toast.classList.add("on");
  setTimeout(() => toast.classList.remove("on"), 4000);
});
function route(focus) {
  const wanted = +(location.hash.match(/^#case-(\d+)$/)?.[1] ?? 0);
  if (cases[wanted - 1]) show(wanted, focus);
  else if (innerWidth > 860 && cases.length) show((cases.find((one) => one.status === "failed") ?? cases[0]).number, false);
  else {
    halt();
    document.body.classList.remove("one");
    current = 0;
    list();
  }
}
addEventListener("hashchange", () => route(true));
addEventListener("keydown", (event) => {
  const target = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && target.id === "q") {
    target.value = "";
    list();
    target.blur();
    return;
  }
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) && target.type !== "range" && target.type !== "checkbox") {
    if (event.key === "Enter" && target.id === "q") document.querySelector("#cases a")?.click();
    return;
  }
  if (event.key === "/") {
    event.preventDefault();
    byId("q").focus();
  } else if (event.key === " " && !target.closest("button, a, summary, input")) {
    event.preventDefault();
    byId("go")?.click();
  } else if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll("#cases a")].filter((link) => link.checkVisibility());
    const here = links.findIndex((link) => link.getAttribute("aria-current"));
    const next = links[here + (event.key === "j" ? 1 : -1)];
    if (next) location.hash = next.getAttribute("href");
  }
});
route(false);
