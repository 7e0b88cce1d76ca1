// More rows that run inside the browser: those for servers that compress. Each
// is a list of what the browser must say was agreed; page.js comes first.

const alone = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';
const agreements = {
  'alone': alone,
  'alone, window 9': `${alone}; server_max_window_bits=9`,
  'takeover': 'permessage-deflate',
  'takeover, window 10': 'permessage-deflate; server_max_window_bits=10; client_max_window_bits=10',
  'takeover, no memory': alone,
};

// json gives a text of size characters like those that servers send.
function json(size, seed) {
  let text = '';
  for (let at = 0; text.length < size; at++) {
    text += `${JSON.stringify({ sensor: 'boiler room', at, value: Math.sin(seed * 1000 + at), note: 'within limits' })}\n`;
  }
  return text.slice(0, size);
}

function random(size) {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 65536) crypto.getRandomValues(bytes.subarray(i, i + 65536)); // takes no more at once
  return bytes;
}

for (const [server, agreed] of Object.entries(agreements)) {
  rows[server] = {
    [`compression ${server}: extensions`]: async () => {
      const peer = await open();
      equal(peer.ws.extensions, agreed, 'extensions');
      peer.ws.close(1000);
      await peer.expectClose(1000);
    },

    [`compression ${server}: each size`]: async () => {
      const peer = await open();
      for (const size of [0, 1, 125, 126, 1024, 65536, 65537, 1 << 20]) {
        const text = json(size, size);
        peer.ws.send(text);
        check((await peer.next()) === text, `texts of ${size} differ`);
        const bytes = random(size);
        peer.ws.send(bytes);
        await expectBytes(await peer.next(), bytes);
      }
      peer.ws.close(1000);
      await peer.expectClose(1000);
    },

    [`compression ${server}: many in a row`]: async () => {
      const peer = await open();
      const texts = Array.from({ length: 300 }, (_, i) => json(200 + i, i));
      texts.forEach((text) => peer.ws.send(text));
      for (const text of texts) equal(await peer.next(), text, 'message');
      peer.ws.close(1000);
      await peer.expectClose(1000);
    },
  };
}

rows['compressed, small'] = {
  'compression: too big once inflated: 1009': async () => {
    const peer = await open();
    const text = json(5000, 1);
    peer.ws.send(text);
    equal(await peer.next(), text, 'message');
    peer.ws.send(json(5001, 1));
    await peer.expectClose(1009);
  },
};
