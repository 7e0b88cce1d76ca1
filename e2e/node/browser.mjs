// Chromium as a client of the server under test.
//
// Usage: node browser.mjs SERVERS CHROMIUM, where SERVERS is JSON:
// {name: url}, and CHROMIUM the browser's path.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { run, terminate } from './rows.mjs';

const servers = JSON.parse(process.argv[2]);
const home = new URL('.', import.meta.url).pathname;

const browser = await chromium.launch({
  executablePath: process.argv[3],
  args: [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
});

// newPage trusts any certificate: a proxy of the test shows one of its own.
function newPage() {
  return browser.newPage({ ignoreHTTPSErrors: true });
}

// openRows brings the rows' scripts into a page whose origin is the server's: the one
// that a browser shows when it is pointed at a server that speaks WebSocket
// only, and gets 426.
async function openRows(name) {
  const page = await newPage();
  const response = await page.goto(servers[name].replace(/^ws/, 'http'));
  assert.equal(response.status(), 426);
  await page.exposeFunction('terminate', () => terminate(name));
  await page.addScriptTag({ path: `${home}page.js` });
  await page.addScriptTag({ path: `${home}compress_page.js` });
  return page;
}

// connectFrom tries to connect in a page of another origin, and gives the
// events seen there and what the browser's console said.
async function connectFrom(origin) {
  const page = await newPage();
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  await page.goto(origin);
  const events = await page.evaluate((url) => new Promise((resolve) => {
    const ws = new WebSocket(url);
    const events = [];
    ws.onopen = () => events.push('open');
    ws.onerror = () => events.push('error');
    ws.onclose = ({ code, wasClean }) => resolve([...events, code, wasClean]);
  }), servers.plain);
  await page.close();
  return { events, said: said.join('\n') };
}

// startPages serves an empty page to whoever asks, on an origin of its own.
async function startPages() {
  const pages = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>elsewhere</title>');
  });
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  return pages;
}

const rows = {};
for (const server of Object.keys(servers)) {
  const page = await openRows(server);
  for (const name of await page.evaluate((server) => Object.keys(window.rows[server]), server)) {
    rows[name] = () => page.evaluate(([server, name]) => window.rows[server][name](), [server, name]);
  }
}
if (servers.plain) rows['page of another origin: refused with 403, error and 1006'] = async () => {
  const elsewhere = await startPages();
  const { events, said } = await connectFrom(`http://127.0.0.1:${elsewhere.address().port}/`);
  elsewhere.close();
  assert.deepEqual(events, ['error', 1006, false]);
  assert.match(said, /Unexpected response code: 403/);
};

await run(rows);
await browser.close();
