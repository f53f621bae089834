import { expect, test } from "bun:test";
import { startError } from "./errors.ts";

const exec = (message: string, command = "true"): [string, number] => {
  const { message: words, exitCode } = startError({ operation: "exec", runtime: "crun", command, message });
  return [words.replace("OCI runtime exec failed: exec failed: unable to start container process: ", ""), exitCode];
};

test("messages of crun become Docker's, with the exit code that Docker records", () => {
  expect(exec("executable file `nope` not found in $PATH: No such file or directory", "nope")).toEqual([
    'exec: "nope": executable file not found in $PATH: unknown',
    127,
  ]);
  expect(exec("executable file `/nope` not found: No such file or directory", "/nope")).toEqual([
    'exec: "/nope": stat /nope: no such file or directory: unknown',
    127,
  ]);
  expect(exec("open executable: Operation not permitted", "/etc")).toEqual(['exec: "/etc": permission denied: unknown', 126]);
  expect(exec("")[1]).toBe(128);
});

test("a folder that cannot be entered is told as such, and is not taken for a missing program", () => {
  expect(exec("chdir `/nope`: No such file or directory")).toEqual([
    'chdir to cwd ("/nope") set in config.json failed: no such file or directory: unknown',
    126,
  ]);
  expect(exec('{"msg": "chdir `/etc/passwd`: Not a directory", "level": "error"}')).toEqual([
    'chdir to cwd ("/etc/passwd") set in config.json failed: not a directory: unknown',
    126,
  ]);
});
