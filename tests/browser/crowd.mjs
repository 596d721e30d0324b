// Measures the live page while many simulated callers come, wait and are released: node crowd.mjs with URL, ADMIN (the one-time
// password) and CALLERS in the environment. Start the bridge with -o meeting.capacity=1000000. Prints figures, judges nothing.
import { chromium } from "playwright-core";

const { URL: base, ADMIN: oneTime, CALLERS: callers = "10000" } = process.env;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ baseURL: base });
page.setDefaultTimeout(120_000);
await page.goto("/");
await page.getByLabel("Account").fill("admin");
await page.getByLabel("Password").fill(oneTime);
await page.getByRole("button", { name: "Sign in" }).click();
await page.getByLabel("Current password").fill(oneTime);
await page.getByLabel("New password", { exact: true }).fill("correct horse battery staple");
await page.getByLabel("Confirm new password").fill("correct horse battery staple");
await page.getByRole("button", { name: "Change password" }).click();
await page.goto("/live");
await page.locator("summary").click();
await page.locator("form.columns input[name=callers]").fill(callers);
await page.getByRole("button", { name: "Launch" }).click();
await page.getByText("The simulated callers have dialled.").waitFor();
await page.getByRole("link", { name: "Demo meeting" }).first().click();

// Drawings of the board, the longest time in which the page did not draw a frame, and how long a request takes meanwhile.
await page.evaluate(() => {
  const seen = { drawings: 0, gap: 0, requests: [] };
  new MutationObserver(() => { seen.drawings += 1; }).observe(document.getElementById("board"), { childList: true });
  let last = performance.now();
  const frame = (now) => { seen.gap = Math.max(seen.gap, now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  setInterval(async () => {
    const began = performance.now();
    await (await fetch("/users")).text();
    seen.requests.push(performance.now() - began);
  }, 200);
  window.seen = seen;
});
const began = Date.now();
await page.locator("#room-joined .count", { hasText: new RegExp(`^${Number(callers) + 1}$`) }).waitFor();
const { drawings, gap, requests } = await page.evaluate(() => window.seen);
requests.sort((one, other) => one - other);
const part = (share) => requests[Math.min(requests.length - 1, Math.floor(requests.length * share))]?.toFixed(0);
console.log(`${callers} callers came, waited and were released in ${((Date.now() - began) / 1000).toFixed(1)} s`);
console.log(`${drawings} drawings, the longest without a frame ${gap.toFixed(0)} ms`);
console.log(`${requests.length} pages of users meanwhile: half in ${part(0.5)} ms, 99 % in ${part(0.99)} ms`);
await browser.close();
