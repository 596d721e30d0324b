// Reads the HTML report of a run over SIP in a real browser: REPORT and SHOTS as in reader.mjs. Its only case is a call that sends a
// message. axe looks at the panel with the arrows of SIP, and at the message that an arrow opens.
import assert from "node:assert/strict";
import { reader } from "./reader.mjs";

const { browser, open, fair, step, wrong } = await reader();

for (const [name, options] of [
  ["sip-light", {}],
  ["sip-dark", { colorScheme: "dark" }],
  ["sip-narrow", { viewport: { width: 390, height: 844 } }],
]) {
  step(`${name}: the ladder has arrows of SIP and bars of RTP`);
  const page = await open(options, "#case-1");
  await page.locator("#ladder .it[data-m]").first().waitFor();
  assert.ok((await page.locator("#ladder .it[data-m]").count()) >= 4);
  assert.ok((await page.locator("#ladder rect.rtp").count()) >= 2);
  step(`${name}: an arrow opens its message`);
  await page.locator("#ladder .it[data-m]").first().click();
  await page.locator("#message", { hasText: "INVITE sip:" }).waitFor();
  assert.match(await page.locator("#message").innerText(), /CSeq: 1 INVITE/i);
  step(`${name}: axe finds nothing`);
  await fair(page, name);
}

step("nothing went wrong on any page");
assert.deepEqual(wrong, []);
await browser.close();
