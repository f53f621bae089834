import { parentPort } from "node:worker_threads";

parentPort?.on("message", (message: { readonly kind: string }) => {
  parentPort?.postMessage(message.kind === "ping" ? { kind: "pong" } : { kind: "echo", message });
});
