// The rows that run inside the browser, in pages that come from the server
// they connect to. browser.mjs brings this script there, and calls the
// functions in `rows`.

const url = location.origin.replace(/^http/, 'ws');

function check(condition, text) {
  if (!condition) throw new Error(text);
}

function equal(got, want, what) {
  check(Object.is(got, want), `${what}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

// Peer is a connection whose messages and end can be awaited.
class Peer {
  constructor(protocols = []) {
    this.messages = [];
    this.waiting = [];
    this.failed = false;
    this.ws = new WebSocket(url, protocols);
    this.ws.binaryType = 'arraybuffer';
    this.opened = new Promise((resolve) => this.ws.addEventListener('open', resolve));
    this.closed = new Promise((resolve) => this.ws.addEventListener('close', resolve));
    this.ws.addEventListener('error', () => { this.failed = true; });
    this.ws.addEventListener('message', ({ data }) => {
      const waiter = this.waiting.shift();
      waiter ? waiter(data) : this.messages.push(data);
    });
  }

  next() {
    if (this.messages.length > 0) return Promise.resolve(this.messages.shift());
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async expectClose(code, reason) {
    const event = await this.closed;
    equal(event.code, code, 'code');
    if (reason !== undefined) equal(event.reason, reason, 'reason');
    check(event.wasClean, 'not clean');
  }
}

async function open(protocols) {
  const peer = new Peer(protocols);
  const first = await Promise.race([peer.opened, peer.closed]);
  check(first.type === 'open', `not opened: ${first.code}`);
  return peer;
}

function noise(size) {
  return Uint8Array.from({ length: size }, (_, i) => i * 7 + (i >> 8));
}

async function expectBytes(data, want) {
  const got = new Uint8Array(data instanceof Blob ? await data.arrayBuffer() : data);
  equal(got.length, want.length, 'length');
  check(got.every((byte, i) => byte === want[i]), 'bytes differ');
}

// rows holds the rows of each server: one with default flags, one that takes
// messages of at most 1000 bytes, one that speaks superchat and chat, and one
// that a row ends.
const rows = window.rows = { plain: {}, small: {}, subprotocols: {}, ending: {} };

for (const [name, text] of [
  ['empty text', ''],
  ['text', 'hello'],
  ['text beyond ASCII', 'héllo wörld, 日本 🐟'],
  ['text of 65536', 'x'.repeat(65536)],
  ['text of 1 MiB', 'y'.repeat(1 << 20)],
]) {
  rows.plain[name] = async () => {
    const peer = await open();
    peer.ws.send(text);
    check((await peer.next()) === text, 'texts differ');
    peer.ws.close();
  };
}

for (const type of ['arraybuffer', 'blob']) {
  for (const size of [0, 125, 126, 65535, 65536, 1 << 20]) {
    rows.plain[`binary ${size} as ${type}`] = async () => {
      const peer = await open();
      peer.ws.binaryType = type;
      const bytes = noise(size);
      peer.ws.send(type === 'blob' ? new Blob([bytes]) : bytes.buffer);
      const data = await peer.next();
      equal(data instanceof Blob, type === 'blob', 'a Blob came');
      await expectBytes(data, bytes);
      peer.ws.close();
    };
  }
}

rows.plain['part of a larger array'] = async () => {
  const peer = await open();
  const bytes = noise(1000);
  peer.ws.send(bytes.subarray(10, 500));
  await expectBytes(await peer.next(), bytes.subarray(10, 500));
  peer.ws.close();
};

rows.plain['a burst comes back in order'] = async () => {
  const peer = await open();
  for (let i = 0; i < 1000; i++) peer.ws.send(`message ${i}`);
  for (let i = 0; i < 1000; i++) equal(await peer.next(), `message ${i}`, 'message');
  peer.ws.close();
};

rows.plain['100 connections'] = async () => {
  const peers = await Promise.all(Array.from({ length: 100 }, () => open()));
  await Promise.all(peers.map(async (peer, i) => {
    peer.ws.send(`connection ${i}`);
    equal(await peer.next(), `connection ${i}`, 'message');
    peer.ws.close(1000);
    await peer.expectClose(1000);
  }));
};

rows.plain['bufferedAmount drains to 0'] = async () => {
  const peer = await open();
  const bytes = noise(1 << 20);
  for (let i = 0; i < 8; i++) peer.ws.send(bytes);
  check(peer.ws.bufferedAmount > 0, 'nothing was buffered');
  for (let i = 0; i < 8; i++) await expectBytes(await peer.next(), bytes);
  equal(peer.ws.bufferedAmount, 0, 'bufferedAmount once all is answered');
  peer.ws.close();
};

for (const [code, reason] of [[1000, ''], [3000, ''], [4999, 'bye, grüße']]) {
  rows.plain[`close(${code}, ${JSON.stringify(reason)})`] = async () => {
    const peer = await open();
    peer.ws.close(code, reason);
    await peer.expectClose(code, reason);
  };
}

rows.plain['close() without a code: 1005'] = async () => {
  const peer = await open();
  peer.ws.close();
  await peer.expectClose(1005, '');
};

rows.small['too big: 1009'] = async () => {
  const peer = await open();
  peer.ws.send(noise(1001));
  await peer.expectClose(1009);
};

// The server has refused it long before all of it has left, and hears it out.
rows.small['too big by far: 1009'] = async () => {
  const peer = await open();
  peer.ws.send(noise(100_000));
  await peer.expectClose(1009, 'message over the limit');
};

// Here Chromium stops sending when it reads the Close. It calls that end clean
// only if nothing of the message is left.
rows.small['too big, still being sent: 1009'] = async () => {
  const peer = await open();
  peer.ws.send(noise(4 << 20));
  const event = await peer.closed;
  equal(event.code, 1009, 'code');
  equal(event.reason, 'message over the limit', 'reason');
  equal(event.wasClean, peer.ws.bufferedAmount === 0, 'clean');
};

rows.subprotocols['subprotocol chosen'] = async () => {
  const peer = await open(['soap', 'chat']);
  equal(peer.ws.protocol, 'chat', 'protocol');
  peer.ws.close();
};

rows.subprotocols['subprotocol refused: error and 1006'] = async () => {
  const peer = new Peer(['soap']);
  const event = await peer.closed;
  check(peer.failed, 'no error event');
  equal(event.code, 1006, 'code');
  check(!event.wasClean, 'clean');
};

rows.plain['no extension'] = async () => {
  const peer = await open();
  equal(peer.ws.extensions, '', 'extensions');
  peer.ws.close();
};

rows.ending['SIGTERM: 1001'] = async () => {
  const peers = await Promise.all([open(), open()]);
  await window.terminate();
  for (const peer of peers) await peer.expectClose(1001);
};
