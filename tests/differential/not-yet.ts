/**
 * Commands of the docker CLI that this engine does not carry out. Each must fail, and what it says is shown in `docs/compatibility.md`. One that works fails
 * the suite: it is to be taken from this list, and wants a case.
 */
export const notYet: readonly (readonly string[])[] = [["pull", "busybox"]];
