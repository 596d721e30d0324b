// Reads an HTML report in a real browser, from disk: REPORT (its file) and SHOTS (a folder for pictures, or nothing) come from
// the environment. Its only failing case is that of docs/wrong-on-purpose.yaml. Exits with 1 and says at which step, or says
// nothing.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const { REPORT: report, SHOTS: shots } = process.env;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const address = pathToFileURL(report).href;
const limitSeconds = 240;
let at = "start the browser";
process.on("exit", (code) => {
  if (code !== 0) console.error(`failed at: ${at}`);
});
setTimeout(() => {
  console.error(`not over after ${limitSeconds} s`);
  process.exit(1);
}, limitSeconds * 1000).unref();

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
});
const wrong = [];
async function open(options, hash = "") {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1250 }, locale: "en-US", ...options });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => !/^(file|data|blob):/.test(request.url()) && wrong.push(`asks for ${request.url()}`));
  await page.goto(address + hash);
  await page.evaluate(() => document.fonts.ready);
  return page;
}
async function fair(page, name) {
  // The page's own policy keeps scripts out; the debugger's way in is not the page's.
  const client = await page.context().newCDPSession(page);
  await client.send("Runtime.evaluate", { expression: axe });
  const { result } = await client.send("Runtime.evaluate", {
    expression: `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then((found) =>
      JSON.stringify(found.violations.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 200))])))`,
    awaitPromise: true,
  });
  if (result.value !== "[]") wrong.push(`${name}: ${result.value}`);
  const [wide, window] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
  if (wide > window) wrong.push(`${name}: ${wide} wide in a window of ${window}`);
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  await client.detach();
}
const failing = "A caller hears hold music within twenty seconds of the conference ID";
const heading = (page, name) => page.getByRole("heading", { level: 2, name }).waitFor();

at = "the failing case is open";
const page = await open({ permissions: ["clipboard-read", "clipboard-write"] });
await heading(page, failing);
assert.match(await page.getByRole("heading", { level: 1 }).innerText(), /^1 failed, \d+ passed$/);
await page.getByRole("heading", { name: "Pat did not hear hold music in time" }).waitFor();
assert.match(await page.locator(".src .bad").first().innerText(), /^15\s*failed\s*- \{ hears: hold_music, within: 20s \}$/);
await fair(page, "failing-light");

at = "copy the command";
await page.getByRole("button", { name: "Copy", exact: true }).click();
await page.getByRole("status").filter({ hasText: "Copied" }).waitFor();
assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "attendant replay docs/wrong-on-purpose.yaml --seed 1");

at = "search by the keyboard";
await page.keyboard.press("/");
await page.keyboard.type("lobby PIN");
await page.locator("#cases a").first().waitFor();
const found = await page.locator("#cases a").count();
assert.ok(found > 0 && found < 40, `${found} found`);
await page.keyboard.press("Enter");
await page.waitForFunction(() => /^#case-\d+$/.test(location.hash) && document.querySelector("#case").dataset.shown === location.hash.slice(6));
await page.locator(".pill", { hasText: "Passed" }).waitFor();
await fair(page, "passing-light");
await page.locator("#q").fill("no such case");
await page.getByText("No case matches “no such case”.").waitFor();
await page.locator("#q").press("Escape");

at = "go from case to case by the keyboard";
await page.evaluate(() => (location.hash = "#case-1"));
await heading(page, failing);
await page.keyboard.press("j");
await page.waitForFunction(() => document.querySelector("#case").dataset.shown !== "1");
await page.keyboard.press("k");
await page.waitForFunction(() => document.querySelector("#case").dataset.shown === "1");

at = "filter by status, tag and file";
await page.getByRole("button", { name: /^Failed/ }).click();
assert.equal(await page.locator("#cases a").count(), 1);
await page.getByRole("button", { name: /^All/ }).click();
await page.getByLabel("Tag").selectOption("example");
assert.equal(await page.locator("#cases a").count(), 1);
await page.getByLabel("Tag").selectOption("");
await page.getByLabel("File", { exact: true }).selectOption("docs/wrong-on-purpose.yaml");
assert.equal(await page.locator("#cases a").count(), 1);
await page.getByLabel("File", { exact: true }).selectOption("");
await page.getByLabel("Order").selectOption("slow");
const times = await page.locator("#cases time").allInnerTexts();
assert.match(times[0], /min|h/);
await page.getByLabel("Order").selectOption("file");

at = "one cursor for ladder, strips and table";
await page.locator("#ladder .it", { hasText: "say-your-name" }).first().click();
assert.match(await page.locator("#caption").innerText(), /say your name/);
assert.match(await page.locator("#events tr.here").innerText(), /say-your-name/);
await page.locator("#events").focus();
await page.keyboard.press("ArrowDown");
assert.doesNotMatch(await page.locator("#events tr.here").innerText(), /say-your-name/);

at = "play from there, with sound";
await page.locator("#ladder .it", { hasText: "say-your-name" }).first().click();
await page.getByRole("button", { name: "Play", exact: true }).click();
await page.getByRole("button", { name: "Pause" }).waitFor();
await page.waitForFunction(() => +document.querySelector("#clock").textContent.split(" ")[0] > 9.6);
await page.getByRole("button", { name: "Pause" }).click();
const loud = await page.evaluate(() => Math.max(...Array.from({ length: 40 }, (_, number) => number + 1)
  .filter((number) => document.querySelector(`#sound-${number}`))
  .map((number) => Math.max(...buffer(number).getChannelData(0)))));
assert.ok(loud > 0.1 && loud <= 1, `the loudest sample is ${loud}`);

at = "in the dark";
const dark = await open({ colorScheme: "dark" }, "#case-1");
await heading(dark, failing);
await fair(dark, "failing-dark");

at = "on a narrow screen, list and case are two pages";
const narrow = await open({ viewport: { width: 390, height: 844 } });
await narrow.locator("#cases a").first().waitFor();
await fair(narrow, "narrow-list");
await narrow.locator("#cases a", { hasText: failing }).click();
await heading(narrow, failing);
assert.ok(await narrow.locator("#cases").isHidden());
await fair(narrow, "narrow-case");
await narrow.getByRole("link", { name: "All cases" }).click();
await narrow.locator("#cases a").first().waitFor();

at = "on paper";
await page.emulateMedia({ media: "print" });
assert.ok(await page.locator("#cases").isHidden());
assert.ok(await page.locator("#ladder svg").last().isVisible());
if (shots) await page.pdf({ path: `${shots}/print.pdf`, format: "A4" });

at = "nothing went wrong on any page";
assert.deepEqual(wrong, []);
await browser.close();
