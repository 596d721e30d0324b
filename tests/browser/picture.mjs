// Takes a picture of a live meeting for the README: URL, ADMIN (the one-time password) and PICTURE (its file) come from
// the environment.
import { chromium } from "playwright-core";

const { URL: base, ADMIN: oneTime, PICTURE: picture } = process.env;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const context = await browser.newContext({ baseURL: base, viewport: { width: 1100, height: 600 }, locale: "en-US" });
const page = await context.newPage();
page.setDefaultTimeout(60_000);
await page.goto("/");
await page.getByLabel("Account").fill("admin");
await page.getByLabel("Password").fill(oneTime);
await page.getByRole("button", { name: "Sign in" }).click();
await page.getByLabel("Current password").fill(oneTime);
await page.getByLabel("New password", { exact: true }).fill("correct horse battery staple");
await page.getByLabel("Confirm new password").fill("correct horse battery staple");
await page.getByRole("button", { name: "Change password" }).click();
await page.getByText("Your password was changed.").waitFor();
await page.goto("/live");
await page.locator("summary").click();
const fields = page.locator("form.columns");
await fields.getByLabel("What happens").selectOption({ label: "Callers wait in the lobby" });
await fields.getByRole("spinbutton", { name: "Callers" }).fill("3");
await fields.locator("input[name=conference_id]").fill("3141592");
await fields.getByRole("button", { name: "Launch" }).click();
await page.getByRole("link", { name: "amos.marble@contoso.com" }).click();
await page.locator("#room-lobby .count", { hasText: "3" }).waitFor();
await page.locator(".room").first().getByText("Music on hold").nth(2).waitFor();
await page.mouse.move(0, 0);
await page.screenshot({ path: picture });
await browser.close();
