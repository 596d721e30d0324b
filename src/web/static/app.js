// The little script of the admin center. Without it every page works, but for what goes on live.
"use strict";

// A PIN is copied by its button, and gone when its page is left or comes back.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const shown = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(shown.textContent);
      button.textContent = button.dataset.copied;
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

if (board) {
  const lost = document.getElementById("lost");
  let drawn = performance.now();
  const stream = new EventSource(board.dataset.stream);
  stream.addEventListener("open", () => { lost.hidden = true; });
  stream.addEventListener("error", () => { lost.hidden = false; });
  stream.addEventListener("board", (event) => {
    // Whoever is at a button or reads sideways stays there.
    const focused = board.contains(document.activeElement) ? document.activeElement.id : "";
    const aside = [...board.querySelectorAll(".scroll")].map((part) => part.scrollLeft);
    board.innerHTML = event.data;
    drawn = performance.now();
    tick(drawn);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    board.querySelectorAll(".scroll").forEach((part, place) => { part.scrollLeft = aside[place] ?? 0; });
  });
  setInterval(() => tick(drawn), 1000);
  board.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-act]");
    if (!button) return;
    button.disabled = true;
    const body = new URLSearchParams({ csrf: board.dataset.csrf });
    const answer = await fetch(button.dataset.act, { method: "POST", body, redirect: "follow" });
    button.disabled = false;
    if (!answer.ok) location.reload();
  });
  addEventListener("pagehide", () => stream.close());
}
