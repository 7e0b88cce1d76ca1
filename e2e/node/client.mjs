// The ws package as a client of the server under test.
//
// Usage: node client.mjs SERVERS, where SERVERS is JSON: {name: url}.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import WebSocket from 'ws';
import { run, terminate } from './rows.mjs';

const servers = JSON.parse(process.argv[2]);
const url = servers.plain;

// Peer is a connection whose messages and end can be awaited.
class Peer {
  constructor(ws) {
    this.ws = ws;
    this.messages = [];
    this.waiting = [];
    this.closed = once(ws, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
    ws.on('message', (data, binary) => {
      const message = binary ? data : String(data);
      const waiter = this.waiting.shift();
      waiter ? waiter(message) : this.messages.push(message);
    });
    ws.on('error', () => {}); // a close follows
  }

  next() {
    if (this.messages.length > 0) return Promise.resolve(this.messages.shift());
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async echo(message) {
    this.ws.send(message);
    assert.deepEqual(await this.next(), message);
  }
}

async function open(address = url, protocols = [], options = {}) {
  const ws = new WebSocket(address, protocols, options);
  const peer = new Peer(ws);
  await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject));
  return peer;
}

// refusal gives the status with which a handshake is refused.
async function refusal(address, protocols, options) {
  const ws = new WebSocket(address, protocols, options);
  ws.on('error', () => {});
  ws.on('open', () => ws.terminate());
  const status = await new Promise((resolve) => {
    ws.once('unexpected-response', (_, response) => resolve(response.statusCode));
    ws.once('open', () => resolve('accepted'));
  });
  ws.terminate();
  return status;
}

const sizes = [0, 1, 125, 126, 65535, 65536, 1 << 20];
const bytes = (n) => Buffer.from(Uint8Array.from({ length: n }, (_, i) => i * 7 + (i >> 8)));
const rows = {};

for (const size of sizes) {
  rows[`text ${size}`] = async () => {
    const peer = await open();
    await peer.echo('x'.repeat(size));
    peer.ws.terminate();
  };
  rows[`binary ${size}`] = async () => {
    const peer = await open();
    await peer.echo(bytes(size));
    peer.ws.terminate();
  };
}

rows['text beyond ASCII'] = async () => {
  const peer = await open();
  await peer.echo('héllo wörld, 日本 🐟');
  peer.ws.terminate();
};

rows['fragments, split within code points, empty ones too'] = async () => {
  const peer = await open();
  const text = 'héllo wörld, 日本 🐟 '.repeat(50);
  for (const byte of Buffer.from(text)) {
    peer.ws.send(Buffer.of(byte), { binary: false, fin: false });
  }
  peer.ws.send(Buffer.alloc(0), { fin: false });
  peer.ws.send(Buffer.alloc(0), { fin: true });
  assert.equal(await peer.next(), text);
  peer.ws.terminate();
};

rows['ping between fragments'] = async () => {
  const peer = await open();
  const pong = once(peer.ws, 'pong');
  peer.ws.send('first, ', { fin: false });
  peer.ws.ping('are you there?');
  assert.equal(String((await pong)[0]), 'are you there?');
  peer.ws.send('second', { fin: true });
  assert.equal(await peer.next(), 'first, second');
  peer.ws.terminate();
};

rows['largest and empty ping'] = async () => {
  const peer = await open();
  for (const payload of [bytes(125), bytes(0)]) {
    const pong = once(peer.ws, 'pong');
    peer.ws.ping(payload);
    assert.deepEqual((await pong)[0], payload);
  }
  peer.ws.terminate();
};

for (const [code, reason] of [[1000, ''], [1000, 'done'], [1001, 'leaving'], [3000, 'registered'], [4999, 'grüße'], [1005, '']]) {
  rows[`client closes with ${code} ${reason}`] = async () => {
    const peer = await open();
    code === 1005 ? peer.ws.close() : peer.ws.close(code, reason);
    assert.equal((await peer.closed).code, code);
  };
}

rows['a burst is answered before the Close'] = async () => {
  const peer = await open();
  for (let i = 0; i < 1000; i++) peer.ws.send(`message ${i}`);
  peer.ws.close(1000);
  assert.equal((await peer.closed).code, 1000);
  assert.equal(peer.messages.length, 1000);
  peer.messages.forEach((message, i) => assert.equal(message, `message ${i}`));
};

rows['compression offered is declined'] = async () => {
  const peer = await open(url, [], { perMessageDeflate: true });
  assert.equal(peer.ws.extensions, '');
  await peer.echo('x'.repeat(10_000));
  peer.ws.terminate();
};

rows['invalid UTF-8: 1007'] = async () => {
  const peer = await open();
  peer.ws.send(Buffer.of(0x61, 0xff), { binary: false });
  assert.equal((await peer.closed).code, 1007);
};

rows['too big: 1009'] = async () => {
  const peer = await open(servers.small);
  await peer.echo(bytes(1000));
  peer.ws.send(bytes(1001));
  assert.equal((await peer.closed).code, 1009);
};

rows['far too big: 1009 reaches a client that still sends'] = async () => {
  const peer = await open(servers.small);
  peer.ws.send(bytes(1 << 20));
  assert.equal((await peer.closed).code, 1009);
};

rows['unmasked frame: 1002'] = async () => {
  const peer = await open();
  peer.ws.send('hello', { mask: false });
  assert.equal((await peer.closed).code, 1002);
};

rows['subprotocol chosen'] = async () => {
  const peer = await open(servers.subprotocols, ['soap', 'chat']);
  assert.equal(peer.ws.protocol, 'chat');
  await peer.echo('hello');
  peer.ws.terminate();
};

rows['subprotocol refused: 400'] = async () => {
  assert.equal(await refusal(servers.subprotocols, ['soap']), 400);
};

rows['foreign origin refused: 403'] = async () => {
  assert.equal(await refusal(url, [], { origin: 'https://example.com' }), 403);
};

rows['same origin accepted'] = async () => {
  const peer = await open(url, [], { origin: url.replace(/^ws/, 'http') });
  await peer.echo('hello');
  peer.ws.terminate();
};

rows['100 connections at once'] = async () => {
  const peers = await Promise.all(Array.from({ length: 100 }, () => open()));
  await Promise.all(peers.map(async (peer, i) => {
    for (let n = 0; n < 20; n++) await peer.echo(`connection ${i}, message ${n}`);
    peer.ws.close(1000);
    assert.equal((await peer.closed).code, 1000);
  }));
};

rows['SIGTERM: 1001'] = async () => {
  const peers = await Promise.all(Array.from({ length: 10 }, () => open(servers.ending)));
  terminate('ending');
  for (const peer of peers) assert.equal((await peer.closed).code, 1001);
};

await run(rows);
