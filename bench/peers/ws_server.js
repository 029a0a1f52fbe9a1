// npm's ws: every message of /pub goes to every connection of /sub.
'use strict';
const { WebSocketServer } = require('ws');

const subscribers = new Set();
const server = new WebSocketServer({
  host: '127.0.0.1', port: 0, backlog: 4096, perMessageDeflate: false, clientTracking: false,
});
server.on('connection', (socket, request) => {
  socket.on('error', () => {});
  if (request.url === '/pub') {
    socket.on('message', (data) => {
      for (const subscriber of subscribers) subscriber.send(data, { binary: false });
    });
  } else {
    subscribers.add(socket);
    socket.on('close', () => subscribers.delete(socket));
  }
});
server.on('listening', () => console.log(`listening 127.0.0.1:${server.address().port}`));
