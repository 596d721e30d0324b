// The little script of the admin center. Without it every page works, but for what goes on live.
"use strict";

// A PIN is copied by its button, and gone when its page is left or comes back.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const shown = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(shown.textContent);
      button.querySelector("span").textContent = button.dataset.copied;
    } catch {
      // Without leave to write to the clipboard it is selected, to be copied by hand.
      getSelection().selectAllChildren(shown);
    }
  });
}
for (const section of document.querySelectorAll("[data-leave]")) {
  // Reloading and coming back lead to the pane, which shows stars.
  history.replaceState(null, "", section.dataset.leave);
  addEventListener("pagehide", () => {
    const shown = section.querySelector("[data-mask]");
    shown.textContent = shown.dataset.mask;
  });
}

// Escape leaves a question or a form as its way out does.
addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector("[data-cancel]")?.click();
});

// The search is where the hands are: by / and by Ctrl-K.
addEventListener("keydown", (event) => {
  const search = document.querySelector("[data-key]");
  const types = event.target.closest?.("input, select, textarea");
  const slash = event.key === search?.dataset.key && !event.ctrlKey && !event.metaKey && !event.altKey && !types;
  if (!search || !(slash || (event.key === "k" && (event.ctrlKey || event.metaKey)))) return;
  event.preventDefault();
  search.focus();
  search.select();
});

const board = document.getElementById("board");

// How long somebody has waited goes on between two drawings.
function clock(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (number) => String(number).padStart(2, "0");
  return (hours ? hours + ":" + two(minutes) : minutes) + ":" + two(seconds % 60);
}

function tick(drawn) {
  const passed = performance.now() - drawn;
  for (const waited of board.querySelectorAll("[data-since]")) {
    waited.textContent = clock(Number(waited.dataset.since) + passed);
  }
}

// Asks before what ends something for others; Escape is no.
function asked(button) {
  const ask = document.getElementById("ask");
  document.getElementById("ask-text").textContent = button.dataset.ask;
  document.getElementById("ask-yes").textContent = button.textContent;
  ask.returnValue = "";
  ask.showModal();
  return new Promise((resolve) => {
    ask.addEventListener("close", () => resolve(ask.returnValue === "yes"), { once: true });
  });
}

if (board) {
  const lost = document.getElementById("lost");
  const refused = document.getElementById("refused");
  let [drawn, stream, waiting, pressed] = [performance.now(), null, null, false];

  function draw(text) {
    // The focus and the horizontal scroll position stay as they are.
    const focused = board.contains(document.activeElement) ? document.activeElement.id : "";
    const aside = [...board.querySelectorAll(".scroll")].map((part) => part.scrollLeft);
    board.innerHTML = text;
    drawn = performance.now();
    tick(drawn);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    board.querySelectorAll(".scroll").forEach((part, place) => { part.scrollLeft = aside[place] ?? 0; });
  }

  // A button that is redrawn between press and release is not clicked: until then the newest drawing waits.
  board.addEventListener("pointerdown", () => { pressed = true; });
  for (const end of ["pointerup", "pointercancel"]) {
    addEventListener(end, () => setTimeout(() => {
      pressed = false;
      if (waiting !== null) draw(waiting);
      waiting = null;
    }));
  }

  function open() {
    if (stream || document.hidden) return;
    stream = new EventSource(board.dataset.stream);
    stream.addEventListener("open", () => { lost.hidden = true; });
    stream.addEventListener("board", (event) => {
      if (pressed) waiting = event.data;
      else draw(event.data);
    });
    stream.addEventListener("error", () => {
      lost.hidden = false;
      // A browser tries again by itself, unless it was told something else than a stream: the session has ended.
      if (stream?.readyState === EventSource.CLOSED) setTimeout(reload, 2000);
    });
  }

  function close() {
    stream?.close();
    stream = null;
  }

  // Once the server answers, the page is there again, or the way to sign in.
  async function reload() {
    try {
      if ((await fetch(location.href)).status < 500) return location.reload();
    } catch {
      // It does not answer yet.
    }
    setTimeout(reload, 2000);
  }

  async function act(button) {
    if (button.dataset.ask && !(await asked(button))) return;
    const id = button.id;
    button.disabled = true;
    refused.hidden = true;
    try {
      const body = new URLSearchParams({ csrf: board.dataset.csrf });
      const answer = await fetch(button.dataset.act, { method: "POST", body });
      if (answer.status === 401) location.reload();
      else if (!answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        refused.textContent = page.querySelector("[role=alert]")?.textContent ?? refused.dataset.text;
        refused.hidden = false;
      }
    } catch {
      lost.hidden = false;
    } finally {
      button.disabled = false;
      // A button that is disabled loses the focus.
      if (document.activeElement === document.body) document.getElementById(id)?.focus({ preventScroll: true });
    }
  }

  open();
  setInterval(() => tick(drawn), 1000);
  board.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button) act(button);
  });
  // Nobody looks at a hidden page; a user who returns sees the current state.
  document.addEventListener("visibilitychange", () => { document.hidden ? close() : open(); });
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
}
