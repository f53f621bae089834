// A small program for tests, run inside a network namespace: `serve tcp|udp PORT` answers everybody with the address it
// sees them at; `ask tcp|udp HOST PORT` prints such an answer, or the code of the error.
import dgram from "node:dgram";
import net from "node:net";

const [verb, protocol, ...rest] = process.argv.slice(2);
const waitMs = 2500;

if (verb === "serve") serve(Number(rest[0]));
else ask(rest[0] ?? "", Number(rest[1]));

function serve(port: number): void {
  if (protocol === "udp") {
    const socket = dgram.createSocket("udp4");
    socket.on("message", (_bytes, remote) => socket.send(remote.address, remote.port, remote.address));
    socket.bind(port, ready);
    return;
  }
  net.createServer((client) => client.end(client.remoteAddress ?? "")).listen({ port, host: "0.0.0.0" }, ready);
}

function ask(host: string, port: number): void {
  setTimeout(() => finish("timeout"), waitMs);
  if (protocol === "udp") {
    const socket = dgram.createSocket(host.includes(":") ? "udp6" : "udp4");
    socket.on("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    socket.on("message", (bytes) => finish(bytes.toString()));
    socket.send("?", port, host);
    return;
  }
  let answer = "";
  const socket = net.connect({ host, port });
  socket.on("error", (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  socket.on("data", (bytes) => {
    answer += bytes.toString();
  });
  socket.on("end", () => finish(answer));
}

function ready(): void {
  process.stdout.write("ready\n");
}

function finish(answer: string): void {
  process.stdout.write(answer);
  process.exit(0);
}
