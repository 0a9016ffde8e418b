// The peer of bench/bareserver: the same events on socket.io for Node, the same
// talk over standard input and output. Run with --expose-gc.
import { createInterface } from "node:readline";
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });

io.on("connection", (socket) => {
  socket.on("echo", (value, answer) => answer(value));
  socket.on("all", (value) => io.emit("news", value));
});

http.listen(0, "127.0.0.1", 4096, () => {
  console.log(`listening on 127.0.0.1:${http.address().port}`);
});

createInterface({ input: process.stdin })
  .on("line", () => {
    globalThis.gc();
    console.log(JSON.stringify({ heap: process.memoryUsage().heapUsed }));
  })
  .on("close", () => process.exit());
