import net from "node:net";
import { readFileSync } from "node:fs";
import tls from "node:tls";

/**
 * A program that the test runs inside of the sandbox's network: connects by TCP or TLS, sends a request with some input behind it, closes
 * its half, and writes what it got until the server closed the other.
 * Arguments: port, folder of certificates (`-` for plain TCP), line of the request, input.
 */
const [port = "", folder = "-", line = "", input = ""] = process.argv.slice(2);
const read = (name: string): Buffer => readFileSync(`${folder}/${name}`);
const where = { host: "127.0.0.1", port: Number(port), allowHalfOpen: true };
const socket =
  folder === "-" ? net.connect(where) : tls.connect({ ...where, ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") });
socket.once(folder === "-" ? "connect" : "secureConnect", () => {
  socket.write(`POST ${line} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`);
  setTimeout(() => socket.end(input), 50);
});
const pieces: Buffer[] = [];
socket.on("data", (bytes: Buffer) => pieces.push(bytes));
socket.on("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
socket.on("end", () => {
  process.stdout.write(Buffer.concat(pieces).toString("base64"), () => process.exit(0));
});
