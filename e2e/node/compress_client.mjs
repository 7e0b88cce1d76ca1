// The ws package as a client of servers that compress, with each option it has.
//
// Usage: node compress_client.mjs SERVERS, where SERVERS is JSON: {name: url}.
// The names are those of compress_test.go, which say how the servers compress.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import WebSocket from 'ws';
import { run } from './rows.mjs';

const { small, ...servers } = JSON.parse(process.argv[2]);

const ways = {
  'defaults': {},
  'threshold 1': { threshold: 1 },
  'serverNoContextTakeover': { threshold: 1, serverNoContextTakeover: true },
  'clientNoContextTakeover': { threshold: 1, clientNoContextTakeover: true },
  'neither takeover': { threshold: 1, serverNoContextTakeover: true, clientNoContextTakeover: true },
  'serverMaxWindowBits 9': { threshold: 1, serverMaxWindowBits: 9 },
  'clientMaxWindowBits 9': { threshold: 1, clientMaxWindowBits: 9 },
  'all': {
    threshold: 1, serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 11, clientMaxWindowBits: 12,
  },
};

// agreement gives what a server should answer to a client with these options.
function agreement(server, options) {
  const takeover = server.startsWith('takeover') && !server.includes('no memory');
  const bits = Number(/window (\d+)/.exec(server)?.[1] ?? 15);
  const serverBits = Math.min(bits, options.serverMaxWindowBits ?? 15);
  const clientTakeover = takeover && !options.clientNoContextTakeover;
  const clientBits = clientTakeover ? Math.min(bits, options.clientMaxWindowBits ?? 15) : 15; // else it does not matter
  const terms = ['permessage-deflate'];
  if (!takeover || options.serverNoContextTakeover) terms.push('server_no_context_takeover');
  if (!clientTakeover) terms.push('client_no_context_takeover');
  if (serverBits < 15) terms.push(`server_max_window_bits=${serverBits}`);
  if (clientBits < 15) terms.push(`client_max_window_bits=${clientBits}`);
  return terms.join('; ');
}

async function open(url, perMessageDeflate) {
  const ws = new WebSocket(url, { perMessageDeflate });
  ws.on('error', () => {}); // a close follows
  const messages = [];
  const waiting = [];
  ws.on('message', (data, binary) => {
    const message = binary ? data : String(data);
    const waiter = waiting.shift();
    waiter ? waiter(message) : messages.push(message);
  });
  const next = () => (messages.length > 0 ? messages.shift() : new Promise((resolve) => waiting.push(resolve)));
  const closed = once(ws, 'close');
  const [[response]] = await Promise.all([once(ws, 'upgrade'), once(ws, 'open')]);
  return { ws, next, closed, agreed: response.headers['sec-websocket-extensions'] };
}

async function echo({ ws, next }, message) {
  ws.send(message);
  assert.ok(message.equals?.(await next()) ?? message === await next(), `${message.length} bytes differ`);
}

// json gives a text of size characters like those that servers send.
function json(size, seed) {
  let text = '';
  for (let at = 0; text.length < size; at++) {
    text += `${JSON.stringify({ sensor: 'boiler room', at, value: Math.sin(seed * 1000 + at), note: 'within limits' })}\n`;
  }
  return text.slice(0, size);
}

const rows = {};
for (const [server, url] of Object.entries(servers)) {
  for (const [name, options] of Object.entries(ways)) {
    rows[`${server}: ${name}`] = async () => {
      const peer = await open(url, options);
      assert.equal(peer.agreed, agreement(server, options));
      for (const size of [0, 1, 125, 126, 1024, 65536, 65537, 1 << 20]) {
        await echo(peer, json(size, size));
        await echo(peer, randomBytes(size));
      }
      const texts = Array.from({ length: 100 }, (_, i) => json(200 + i, i));
      texts.forEach((text) => peer.ws.send(text));
      for (const text of texts) assert.equal(await peer.next(), text);
      peer.ws.close(1000);
      assert.equal((await peer.closed)[0], 1000);
    };

    rows[`${server}: ${name}, fragments`] = async () => {
      const peer = await open(url, options);
      const text = json(10_000, 1);
      for (let i = 0; i < text.length; i += 100) {
        peer.ws.send(text.slice(i, i + 100), { compress: true, fin: false });
      }
      peer.ws.send('', { fin: true });
      assert.equal(await peer.next(), text);
      peer.ws.send(text, { compress: false });
      assert.equal(await peer.next(), text);
      await echo(peer, text);
      peer.ws.terminate();
    };
  }
}

rows['too big once inflated: 1009'] = async () => {
  const peer = await open(small, { threshold: 1 });
  await echo(peer, json(5000, 1));
  peer.ws.send(json(5001, 1));
  assert.equal((await peer.closed)[0], 1009);
};

await run(rows);
