// Reads an HTML report in a real browser, from disk: REPORT (its file) and SHOTS (a folder for pictures, or nothing) come from
// the environment. Its only failing case is that of docs/wrong-on-purpose.yaml. Exits with 1 and says at which step, or says
// nothing.
import assert from "node:assert/strict";
import { reader } from "./reader.mjs";

const { browser, open, fair, step, wrong, shots } = await reader();
const failing = "A caller hears hold music within twenty seconds of the conference ID";
const heading = (page, name) => page.getByRole("heading", { level: 2, name }).waitFor();

step("the failing case is open");
const page = await open({ permissions: ["clipboard-read", "clipboard-write"] });
await heading(page, failing);
assert.match(await page.getByRole("heading", { level: 1 }).innerText(), /^1 failed, \d+ passed$/);
await page.getByRole("heading", { name: "Pat did not hear hold music in time" }).waitFor();
assert.match(await page.locator(".src .bad").first().innerText(), /^15\s*failed\s*- \{ hears: hold_music, within: 20s \}$/);
await fair(page, "failing-light");

step("copy the command");
await page.getByRole("button", { name: "Copy", exact: true }).click();
await page.getByRole("status").filter({ hasText: "Copied" }).waitFor();
assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "attendant replay docs/wrong-on-purpose.yaml --seed 1");

step("search by the keyboard");
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

step("go from case to case by the keyboard");
await page.evaluate(() => (location.hash = "#case-1"));
await heading(page, failing);
await page.keyboard.press("j");
await page.waitForFunction(() => document.querySelector("#case").dataset.shown !== "1");
await page.keyboard.press("k");
await page.waitForFunction(() => document.querySelector("#case").dataset.shown === "1");

step("filter by status, tag and file");
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

step("one cursor for ladder, strips and table");
await page.locator("#ladder .it", { hasText: "say-your-name" }).first().click();
assert.match(await page.locator("#caption").innerText(), /say your name/);
assert.match(await page.locator("#events tr.here").innerText(), /say-your-name/);
await page.locator("#events").focus();
await page.keyboard.press("ArrowDown");
assert.doesNotMatch(await page.locator("#events tr.here").innerText(), /say-your-name/);

step("play from there, with sound");
await page.locator("#ladder .it", { hasText: "say-your-name" }).first().click();
await page.getByRole("button", { name: "Play", exact: true }).click();
await page.getByRole("button", { name: "Pause" }).waitFor();
await page.waitForFunction(() => +document.querySelector("#clock").textContent.split(" ")[0] > 9.6);
await page.getByRole("button", { name: "Pause" }).click();
const loud = await page.evaluate(() => Math.max(...Array.from({ length: 40 }, (_, number) => number + 1)
  .filter((number) => document.querySelector(`#sound-${number}`))
  .map((number) => Math.max(...buffer(number).getChannelData(0)))));
assert.ok(loud > 0.1 && loud <= 1, `the loudest sample is ${loud}`);

step("in the dark");
const dark = await open({ colorScheme: "dark" }, "#case-1");
await heading(dark, failing);
await fair(dark, "failing-dark");

step("on a narrow screen, list and case are two pages");
const narrow = await open({ viewport: { width: 390, height: 844 } });
await narrow.locator("#cases a").first().waitFor();
await fair(narrow, "narrow-list");
await narrow.locator("#cases a", { hasText: failing }).click();
await heading(narrow, failing);
assert.ok(await narrow.locator("#cases").isHidden());
await fair(narrow, "narrow-case");
await narrow.getByRole("link", { name: "All cases" }).click();
await narrow.locator("#cases a").first().waitFor();

step("on paper");
await page.emulateMedia({ media: "print" });
assert.ok(await page.locator("#cases").isHidden());
assert.ok(await page.locator("#ladder svg").last().isVisible());
if (shots) await page.pdf({ path: `${shots}/print.pdf`, format: "A4" });

step("nothing went wrong on any page");
assert.deepEqual(wrong, []);
await browser.close();
