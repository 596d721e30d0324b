// Takes a picture of a report for its guide: REPORT and PICTURE (its file) come from the environment.
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 1130 }, locale: "en-US" });
page.setDefaultTimeout(60_000);
await page.goto(`${pathToFileURL(process.env.REPORT).href}#case-1`);
await page.locator("#case[data-shown='1']").waitFor();
await page.evaluate(() => document.fonts.ready);
await page.screenshot({ path: process.env.PICTURE });
await browser.close();
