// Chromium at the page of examples/auth.
//
// Usage: node auth.mjs SERVERS CHROMIUM, where SERVERS is JSON: {name: url}.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { run } from './rows.mjs';

const servers = JSON.parse(process.argv[2]);
const browser = await chromium.launch({
  executablePath: process.argv[3],
  args: [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
});

// visit opens the page as a visitor who has never been there.
async function visit(url) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

async function enter(page, way, password = 'lovelace') {
  await page.fill('[name=password]', password);
  await page.click(`button[value=${way}]`);
}

// shows waits until the page has a line.
function shows(page, line) {
  return page.waitForFunction((line) => document.getElementById('log').textContent.includes(line), line);
}

// outcome opens a WebSocket in the page, sends, and gives what comes of it.
function outcome(page, path, { protocols = [], send } = {}) {
  return page.evaluate(([path, protocols, send]) => new Promise((resolve) => {
    const ws = new WebSocket(path.startsWith('/') ? location.origin.replace('http', 'ws') + path : path, protocols);
    const events = [];
    ws.onopen = () => { events.push('open'); if (send) ws.send(send); };
    ws.onmessage = ({ data }) => { events.push(data); ws.close(); };
    ws.onclose = ({ code, reason }) => resolve([...events, code, reason]);
  }), [path, protocols, send]);
}

const refused = [1006, '']; // a browser does not tell its page more of a 401 or 403
const rows = {};

for (const [name, url] of Object.entries(servers)) {
  for (const way of ['cookie', 'first', 'subprotocol']) {
    rows[`${name}: in by ${way}`] = async () => {
      const page = await visit(url);
      await enter(page, way);
      await shows(page, 'welcome, ada');
      assert.ok(!page.url().includes('lovelace'));
      await page.context().close();
    };
  }

  rows[`${name}: the cookie is out of reach, and ends with its session`] = async () => {
    const page = await visit(url);
    await enter(page, 'cookie');
    await shows(page, 'welcome, ada');
    assert.equal(await page.evaluate(() => document.cookie), '');
    const [cookie] = await page.context().cookies();
    assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.secure], [true, 'Strict', name === 'secure']);
    assert.deepEqual(await outcome(page, '/cookie'), ['open', 'welcome, ada', 1005, '']);
    await page.click('button[value=logout]');
    await shows(page, 'closed: 4401 the session is over');
    assert.deepEqual(await outcome(page, '/cookie'), refused);
    await page.context().close();
  };

  rows[`${name}: a wrong password`] = async () => {
    const page = await visit(url);
    for (const [way, path] of [['cookie', '/login'], ['first', '/token']]) {
      await enter(page, way, 'guessed');
      await shows(page, `${path}: 403`);
    }
    await page.context().close();
  };

  rows[`${name}: without a cookie: 401, seen as 1006`] = async () => {
    const page = await visit(url);
    const said = [];
    page.on('console', (message) => said.push(message.text()));
    assert.deepEqual(await outcome(page, '/cookie'), refused);
    assert.match(said.join('\n'), /Authentication failed/); // its words for a 401
    await page.context().close();
  };

  rows[`${name}: a wrong token beside the subprotocol: 401, seen as 1006`] = async () => {
    const page = await visit(url);
    assert.deepEqual(await outcome(page, '/subprotocol', { protocols: ['chat', 'bearer.wrong'] }), refused);
    assert.deepEqual(await outcome(page, '/subprotocol', { protocols: ['chat'] }), refused);
    await page.context().close();
  };

  rows[`${name}: a wrong first message: 4401`] = async () => {
    const page = await visit(url);
    assert.deepEqual(await outcome(page, '/first', { send: 'wrong' }), ['open', 4401, 'no valid token']);
    assert.deepEqual(await outcome(page, '/first', { send: 'x'.repeat(200) }), ['open', 1008, 'a token first']);
    await page.context().close();
  };

  rows[`${name}: no first message: 4401`] = async () => {
    const page = await visit(url);
    assert.deepEqual(await outcome(page, '/first'), ['open', 4401, 'no token in time']);
    await page.context().close();
  };

  // Another port is the same site: the cookie comes along, so the origin has to be looked at.
  rows[`${name}: a page of another origin: 403, seen as 1006`] = async () => {
    const elsewhere = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>elsewhere</title>');
    });
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const page = await visit(url);
    await enter(page, 'cookie');
    await shows(page, 'welcome, ada');
    const said = [];
    page.on('console', (message) => said.push(message.text()));
    await page.goto(`http://127.0.0.1:${elsewhere.address().port}/`);
    assert.deepEqual(await outcome(page, `${url.replace('http', 'ws')}/cookie`), refused);
    assert.match(said.join('\n'), /403/);
    await page.context().close();
    elsewhere.close();
  };
}

await run(rows);
await browser.close();
