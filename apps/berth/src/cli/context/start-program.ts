import type { TransportOptions } from "@berth/client";

/** Starts a program in a session of its own, with pipes. Few commands need one, and what it takes is loaded then. */
export const startProgram: NonNullable<TransportOptions["startProgram"]> = async (words) => {
  const { spawnChild } = await import("@berth/linux");
  return spawnChild(words, { stdin: "pipe", stdout: "pipe", stderr: "pipe", detached: true });
};
