// npm's socket.io over WebSocket alone: every "publish" goes to every socket as "event".
'use strict';
const http = require('node:http');
const { Server } = require('socket.io');

const server = http.createServer();
const io = new Server(server, {
  transports: ['websocket'], perMessageDeflate: false, serveClient: false,
});
io.on('connection', (socket) => {
  socket.on('publish', (event) => io.emit('event', event));
});
server.listen(0, '127.0.0.1', 4096,
              () => console.log(`listening 127.0.0.1:${server.address().port}`));
