import { expect, test } from "bun:test";
import { applyChanges } from "./apply.ts";

// Answers of dockerd 20.10.24 to POST /images/create?fromSrc=-&changes=….
test.each<[string, object]>([
  ["ENV a=1 b=$a c=\"x y\" d=a\\ b e='$a'", { Env: ["a=1", "b=", "c=x y", "d=a b", "e=$a"] }],
  ["ENV long value  here $HOME", { Env: ["long=value  here "] }],
  ["ENV A=1\nENV A=$A:2", { Env: ["A=1:2"] }],
  ["EXPOSE 80 53/udp 100-102", { ExposedPorts: { "100/tcp": {}, "101/tcp": {}, "102/tcp": {}, "53/udp": {}, "80/tcp": {} } }],
  ['LABEL a=b "c d"="e f"', { Labels: { a: "b", "c d": "e f" } }],
  ["WORKDIR x/../y", { WorkingDir: "/y" }],
  ["WORKDIR /a\nworkdir b", { WorkingDir: "/a/b" }],
  ['CMD ["a","b"]', { Cmd: ["a", "b"] }],
  ['CMD echo $x "y z"', { Cmd: ["/bin/sh", "-c", 'echo $x "y z"'] }],
  ["CMD", { Cmd: ["/bin/sh", "-c"] }],
  ['ENTRYPOINT ["x"]', { Entrypoint: ["x"] }],
  ["HEALTHCHECK --interval=5s --retries=2 CMD curl x", { Healthcheck: { Test: ["CMD-SHELL", "curl x"], Interval: 5e9, Retries: 2 } }],
  ["HEALTHCHECK NONE", { Healthcheck: { Test: ["NONE"] } }],
  ["VOLUME /a /b", { Volumes: { "/a": {}, "/b": {} } }],
  ['VOLUME ["/c"]', { Volumes: { "/c": {} } }],
  ["ONBUILD run x  y", { OnBuild: ["run x  y"] }],
  ["USER a b", { User: "a b" }],
  ["USER a\nWORKDIR /x\nENV a=\\\nb", { User: "a", Env: ["a=b"], WorkingDir: "/x" }],
  ["STOPSIGNAL SIGUSR1", { StopSignal: "SIGUSR1" }],
  ["ENV A=${B:-c} D=${B:+e} F=${B}", { Env: ["A=c", "D=", "F="] }],
])("%s", (change, config) => {
  expect(applyChanges({}, [change]).config).toEqual(config);
});

test.each([
  ["FOO x", "foo is not a valid change command"],
  ["RUN x", "run is not a valid change command"],
  ["constructor x", "constructor is not a valid change command"],
  ["ENV", "ENV requires at least one argument"],
  ["ENV A", "ENV must have two arguments"],
  ["ENV A=1 B", 'Syntax error - can\'t find = in "B". Must be of the form: name=value'],
  ["ENV =x", "ENV names can not be blank"],
  ['ENV A="x', 'failed to process "\\"x": unexpected end of statement while looking for matching double-quote'],
  ["ENV A=${x", "failed to process \"${x\": missing ':' in substitution"],
  ["ENV A=${x:?y}", 'failed to process "${x:?y}": x: y'],
  ["EXPOSE", "EXPOSE requires at least one argument"],
  ["EXPOSE x", "Invalid containerPort: x"],
  ["EXPOSE 80/xx", "Invalid proto: xx"],
  ["EXPOSE 70000", "Invalid containerPort: 70000"],
  ["LABEL", "LABEL requires at least one argument"],
  ["STOPSIGNAL FOO", "Invalid signal: FOO"],
  ["HEALTHCHECK", "HEALTHCHECK requires at least one argument"],
  ["HEALTHCHECK FOO", 'Unknown type "FOO" in HEALTHCHECK (try CMD)'],
  ["HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"],
  ["HEALTHCHECK --interval=1ns CMD x", 'Interval "interval" cannot be less than 1ms'],
  ["HEALTHCHECK --foo=1 CMD x", "Unknown flag: foo"],
  ["HEALTHCHECK --retries=x CMD x", 'strconv.ParseInt: parsing "x": invalid syntax'],
  ["ONBUILD", "ONBUILD requires at least one argument"],
  ["ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"],
  ["VOLUME", "VOLUME requires at least one argument"],
  ['VOLUME [""]', "VOLUME specified can not be an empty string"],
  ["USER", "USER requires exactly one argument"],
  ["WORKDIR", "WORKDIR requires exactly one argument"],
  ["CMD [1]", "when using JSON array syntax, arrays must be comprised of strings only"],
])("refuses %s", (change, message) => {
  expect(() => applyChanges({}, [change])).toThrow(new Error(message));
});

test("changes build on the config that is there", () => {
  const base = { Env: ["PATH=/bin", "A=1"], Cmd: ["old"], Labels: { a: "1" }, WorkingDir: "/w" };
  const { config } = applyChanges(base, ["ENV A=$PATH", "LABEL b=2", "WORKDIR sub", 'ENTRYPOINT ["e"]']);
  expect(config).toEqual({ Env: ["PATH=/bin", "A=/bin"], Labels: { a: "1", b: "2" }, WorkingDir: "/w/sub", Entrypoint: ["e"] });
  expect(base.Env).toEqual(["PATH=/bin", "A=1"]);
});
