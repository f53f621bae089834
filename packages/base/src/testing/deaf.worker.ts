import { parentPort } from "node:worker_threads";

// Loads, listens and never answers.
parentPort?.on("message", () => undefined);
