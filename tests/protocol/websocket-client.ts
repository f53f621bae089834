/**
 * A program that the test runs inside of the sandbox's network: the WebSocket of a browser's kind, by TCP. Sends what it is told to, one
 * message after the other; with `slow` it lets the engine wait before it takes anything in. Tells as JSON how it ended.
 * Arguments: address, `slow` or `-`, messages.
 */
const [address = "", pace = "-", ...messages] = process.argv.slice(2);
const socket = new WebSocket(address);
socket.binaryType = "arraybuffer";
let bytes = 0;
let text = "";
let kind = "none";
socket.addEventListener("open", () => {
  for (const message of messages) {
    if (message === "CLOSE") socket.close(1000, "enough");
    else socket.send(message);
  }
  // As long as this blocks, nothing is read from the connection.
  if (pace === "slow") Bun.sleepSync(1500);
});
socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
  kind = typeof data === "string" ? "text" : "binary";
  const piece = typeof data === "string" ? data : Buffer.from(data).toString("latin1");
  bytes += piece.length;
  if (text.length < 1000) text += piece;
});
socket.addEventListener("close", ({ code, wasClean }) => {
  process.stdout.write(JSON.stringify({ code, wasClean, kind, bytes, text: text.slice(0, 1000) }));
});
