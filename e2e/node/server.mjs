// The ws package as a server for our client: the same behaviours, by path, as
// the servers in gorilla_server_test.go and coder_server_test.go.

import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const text = 'héllo wörld, 日本 🐟 '.repeat(20);
let seen; // resolves with the client's latest Close

const behaviours = {
  '/echo': (ws) => ws.on('message', (data, binary) => ws.send(data, { binary })),
  '/close': (ws, query) => {
    const code = Number(query.get('code'));
    code === 1005 ? ws.close() : ws.close(code, query.get('reason'));
  },
  '/drop': (ws) => ws.terminate(),
  '/fragments': (ws) => {
    const bytes = Buffer.from(text);
    for (let i = 0; i < bytes.length; i += 31) {
      ws.send(bytes.subarray(i, i + 31), { binary: false, fin: i + 31 >= bytes.length });
    }
  },
  '/ping': (ws) => {
    ws.on('pong', (data) => ws.send(`pong: ${data}`));
    ws.ping('are you there?');
  },
  '/invalid-utf8': (ws) => ws.send(Buffer.of(0x61, 0xff), { binary: false }),
  '/big': (ws) => ws.send(Buffer.alloc(1001)),
};

const server = createServer();
const sockets = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered) => (offered.has('chat') ? 'chat' : false),
});

server.on('upgrade', (request, socket, head) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname === '/refuse') {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\nConnection: close\r\n\r\nnot today\n');
    return;
  }
  sockets.handleUpgrade(request, socket, head, (ws) => {
    if (pathname === '/seen') {
      seen.then((close) => ws.send(close));
      return;
    }
    seen = new Promise((resolve) => ws.on('close', (code, reason) => resolve(`${code} ${reason}`)));
    ws.on('error', () => {});
    behaviours[pathname](ws, searchParams);
  });
});

server.listen(0, '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`);
});
process.on('SIGTERM', () => process.exit(0));
