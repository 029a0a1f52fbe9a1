// Does in the console what a paragraph of the README says: opens the address and presses the buttons that
// stand there in quotes or bold, in that order; then the message is to be seen.
//   node first_minute.js ADDRESS PARAGRAPH
import assert from 'node:assert/strict';
import { launch } from './support/browser.js';

const [address, paragraph] = process.argv.slice(2);
const buttons = [...paragraph.matchAll(/"([^"]+)"|\*\*([^*]+)\*\*/g)].map(([, a, b]) => a ?? b);
assert.ok(buttons.length > 0, paragraph);

const browser = await launch();
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(address);
  for (const name of buttons) {
    // The README is typed with straight quotes.
    const pattern = new RegExp(`^${name.replace(/['’]/g, '[\'’]')}$`);
    await page.getByRole('button', { name: pattern }).first().click();
    if (name === 'Subscribe') await page.locator('.chip').first().waitFor();
  }
  await page.locator('#publish-done', { hasText: 'Published' }).waitFor();
  await page.locator('#events li').first().waitFor();
  console.log(`seen: ${await page.locator('#events li').first().innerText()}`);
} finally {
  await browser.close();
}
