// The console: who can use it, on what, and how it looks.
import { test, before } from 'node:test';
import assert from 'node:assert/strict';
import { closePage, eventRow, shoot, show, startConsole } from './support/console.js';

let world, daemon, token, openPage, signedIn;
before(async () => {
  world = await startConsole();
  ({ daemon, token, openPage, signedIn } = world);
});

test('everything is done with the keyboard alone', async () => {
  const page = await openPage();
  await page.goto(`${daemon.admin}/console`);
  await page.getByLabel('Admin token').waitFor();
  await page.keyboard.type(token); // the field has the focus
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'Pub/Sub' }).waitFor();
  const reach = async (id) => {
    for (let presses = 0; presses < 60; presses += 1) {
      if (await page.evaluate((wanted) => document.activeElement.id === wanted, id)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`Tab does not reach ${id}`);
  };
  await reach('find-key');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.getElementById('api-key').value.startsWith('da2-'));
  await reach('subscribe-channel');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('/default/keys');
  await page.keyboard.press('Enter');
  await page.locator('.chip').waitFor();
  await reach('publish-channel');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('/default/keys');
  await reach('payload');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('"typed"');
  await page.keyboard.press('Control+Enter');
  await eventRow(page, 'typed').waitFor();
  await reach('events'); // the list itself, then its rows
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('#events pre').waitFor();
  const focus = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(focus, 'solid', 'the focus can be seen');
  await page.locator('#tab-editor').focus();
  await page.keyboard.press('ArrowRight');
  await page.locator('#view-live').waitFor();
  await page.keyboard.press('End');
  await page.locator('#view-configuration').waitFor();
  await closePage(page);
});

test('every field and button has a name', async () => {
  const page = await signedIn();
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll('input, select, textarea, button')]
      .filter(
        (one) => !(one.labels?.length || one.getAttribute('aria-label') || one.textContent.trim()),
      )
      .map((one) => one.id || one.outerHTML),
  );
  assert.deepEqual(nameless, []);
  await closePage(page);
});

test('it fits a phone', async () => {
  const page = await signedIn({ viewport: { width: 375, height: 720 } });
  for (const name of [
    'Pub/Sub',
    'Live',
    'History',
    'Authorization',
    'Handlers',
    'Limits',
    'Configuration',
  ]) {
    await show(page, name);
    const [width, inside] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      window.innerWidth,
    ]);
    assert.ok(width <= inside, `${name} is ${width} pixels wide on ${inside}`);
    await shoot(page, `phone-${name.toLowerCase().replace('/', '')}`);
  }
  await closePage(page);
});

// WCAG's contrast of a text and what is behind it.
const contrasts = () => {
  const rgb = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) =>
      v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll('main *, header *')) {
    const own = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.data.trim(),
    );
    if (
      !own ||
      element.closest('[hidden], .for-readers, .code-field textarea') ||
      element.getClientRects().length === 0 ||
      element.disabled
    )
      continue;
    const [a, b] = [luminance(rgb(getComputedStyle(element).color)), luminance(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5)
      faint.push(
        `${element.tagName}.${element.className} ${element.textContent.trim().slice(0, 30)} ${ratio.toFixed(2)}`,
      );
  }
  return faint;
};

for (const colorScheme of ['light', 'dark']) {
  test(`its texts can be read: ${colorScheme}`, async () => {
    const page = await signedIn({ colorScheme });
    for (const name of ['Pub/Sub', 'Live', 'Authorization', 'Limits', 'Configuration']) {
      await show(page, name);
      assert.deepEqual(await page.evaluate(contrasts), [], name);
    }
    await shoot(page, colorScheme);
    await closePage(page);
  });
}

test('colours can be chosen whatever the system says', async () => {
  const page = await signedIn({ colorScheme: 'dark' });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.getByRole('button', { name: 'Colours: as the system' }).click();
  assert.notEqual(await ground(), dark);
  await page.getByRole('button', { name: 'Colours: light' }).click();
  assert.equal(await ground(), dark);
  await page.getByRole('button', { name: 'Colours: dark' }).click();
  await closePage(page);
});

test('the daemon ends cleanly and its log holds no credential', () => world.stop());
