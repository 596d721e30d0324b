// A real browser that reads an HTML report from disk: REPORT (its file) and SHOTS (a folder for pictures, or nothing) come from the
// environment. The process exits with 1 and says at which step, or says nothing.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export async function reader() {
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
  const step = (name) => (at = name);
  return { browser, open, fair, step, wrong, shots };
}
