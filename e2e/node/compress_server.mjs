// The ws package as an echo server for our client.
//
// Usage: node compress_server.mjs OPTIONS, where OPTIONS is JSON: what ws takes
// as perMessageDeflate.

import { WebSocketServer } from 'ws';

const perMessageDeflate = { threshold: 1, ...JSON.parse(process.argv[2]) };
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate });

server.on('connection', (ws) => {
  ws.on('error', () => {});
  ws.on('message', (data, binary) => ws.send(data, { binary }));
});
server.on('listening', () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`);
});
process.on('SIGTERM', () => process.exit(0));
