import { describe, expect, test } from "bun:test";
import { executeTemplate } from "./execute.ts";
import { headerFunctions, standardFunctions } from "./functions.ts";
import { parseTemplate } from "./parse.ts";
import { TemplateError, defaultLimits } from "./types.ts";
import { escapesHtml } from "./value.ts";

const names = new Set([...Object.keys(standardFunctions), "and", "or"]);
const data = {
  Id: "sha256:abc",
  Name: "/web",
  Count: 3,
  Zero: 0,
  On: true,
  None: null,
  Binds: null,
  Args: ["a", "b", "c"],
  Labels: { "com.example.x": "1", team: "blue" },
  State: { Status: "running", Pid: 42 },
  Networks: { b: { IPAddress: "172.17.0.2" }, a: { IPAddress: "10.0.0.1" } },
  Label: (name: string) => `label:${name}`,
};
const lookup = { optional: new Set(["Health"]), maps: new Set(["Labels"]), nils: new Map([["Binds", "[]"]]) };

function run(source: string, value: unknown = data): string {
  return executeTemplate(parseTemplate(source, names), value, { lookup });
}

describe("templates as docker documents them", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["{{.Name}} {{ .State.Status }}", "/web running"],
    ["{{.ID}}", "sha256:abc"],
    ["{{json .State}}", '{"Status":"running","Pid":42}'],
    ["{{json .None}}", "null"],
    ["ü {{.Name}} {{$größe := .Count}}{{$größe}}", "ü /web 3"],
    ['{{join .Args ","}}', "a,b,c"],
    ["{{upper .Name}}{{lower .Name}}{{title .State.Status}}", "/WEB/webRunning"],
    ["{{println .Name}}", "/web\n"],
    ['{{printf "%-6s|%5d|%q|%x" .Name .Count .Name 255}}', '/web  |    3|"/web"|ff'],
    ['{{printf "%.2f" 1.5}} {{printf "%v" .Args}}', "1.50 [a b c]"],
    ['{{printf "%s"}}', "%!s(MISSING)"],
    ["{{index .Args 1}}", "b"],
    ['{{index .Labels "com.example.x"}}', "1"],
    ['{{index .Labels "none"}}', ""],
    ["{{.Labels.none}}", "<no value>"],
    ["{{range .Args}}<{{.}}>{{end}}", "<a><b><c>"],
    ["{{range $i, $a := .Args}}{{if $i}},{{end}}{{$i}}={{$a}}{{end}}", "0=a,1=b,2=c"],
    ["{{range $name, $n := .Networks}}{{$name}}:{{$n.IPAddress}} {{end}}", "a:10.0.0.1 b:172.17.0.2 "],
    ["{{range .None}}x{{else}}empty{{end}}", "empty"],
    ["{{range .Args}}{{if eq . `b`}}{{break}}{{end}}{{.}}{{end}}", "a"],
    ["{{range .Args}}{{if eq . `b`}}{{continue}}{{end}}{{.}}{{end}}", "ac"],
    ["{{if .Zero}}a{{else if .On}}b{{else}}c{{end}}", "b"],
    ['{{if and .On (eq .State.Status "running")}}up{{end}}', "up"],
    ["{{if or .Zero .None}}x{{else}}y{{end}}", "y"],
    ["{{if not .Zero}}x{{end}}", "x"],
    ['{{if eq .Count 1 2 3}}x{{end}}{{if ne .Name "x"}}y{{end}}', "xy"],
    ["{{len .Args}} {{len .Name}}", "3 4"],
    ["{{slice .Name 1 3}}", "we"],
    ["{{with .State}}{{.Pid}}{{$.Name}}{{end}}", "42/web"],
    ["{{with .None}}x{{else}}none{{end}}", "none"],
    ["{{.Args}} {{.State}} {{.None}} {{.On}}", "[a b c] map[Pid:42 Status:running] <nil> true"],
    ['{{.Label "x"}} {{"y" | .Label}}', "label:x label:y"],
    ['{{split "a:b" ":" | json}}', '["a","b"]'],
    ['{{truncate "abcdef" 3}}[{{pad "x" 1 2}}]', "abc[ x  ]"],
    ["a  {{- /* nothing */ -}}  b", "ab"],
    ["a {{- .Count -}} b", "a3b"],
    ["{{$x := .Count}}{{if .On}}{{$x = 5}}{{end}}{{$x}}", "5"],
    ["{{(index .Args 0)}}{{(.State).Pid}}", "a42"],
    ["{{if .State.Health}}h{{else}}-{{end}}", "-"],
    ["{{lt 1 2}} {{ge 2 3}}", "true false"],
    ["{{range 3}}{{.}}{{end}}", "012"],
    ["}} {", "}} {"],
    ['{{print .Name 1 2 "x" "y" 3}}', "/web1 2xy3"],
    ["{{len .None}}", "0"],
    ['{{html "<a href=\\"x\\">\'&"}}', "&lt;a href=&#34;x&#34;&gt;&#39;&amp;"],
    ["{{js \"<a> 'x' = \\n\"}}", "\\u003Ca\\u003E \\'x\\' \\u003D \\u000A"],
    ['{{urlquery "a b&c" 1}}', "a+b%26c1"],
    ["{{.Binds}} {{.Labels.none}} {{json .Binds}}", "[] <no value> null"],
  ];
  for (const [source, expected] of cases) test(source, () => expect(run(source)).toBe(expected));

  test("rows are written as Go's json.Marshal does, sorted and escaped", () => {
    const row = { [escapesHtml]: true, B: "a<b>&c", A: "1", Label: () => "x" };
    expect(run("{{json .}}", row)).toBe('{"A":"1","B":"a\\u003cb\\u003e\\u0026c"}');
  });

  test("headers keep their words", () => {
    const template = parseTemplate("{{json .ID}} {{upper .Name}}", names);
    expect(executeTemplate(template, { ID: "container id", Name: "Names" }, { functions: headerFunctions })).toBe("container id Names");
  });
});

describe("bad templates", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["{{.Foo}}", 'template: :1: executing "" at <.Foo>: map has no entry for key "Foo"'],
    ["{{.Name.X}}", 'executing "" at <.Name.X>: can\'t evaluate field X in type string'],
    ["{{.Name", "template: :1: unclosed action"],
    ["{{nope .}}", 'function "nope" not defined'],
    ["{{if .On}}", "unexpected EOF"],
    ["{{end}}", "unexpected {{end}}"],
    ["{{}}", "missing value for command"],
    ["{{index .Args 9}}", "error calling index: index out of range: 9"],
    ["{{.None.X}}", 'nil data; no entry for key "X"'],
    ["\n{{#}}", 'template: :2: unexpected "#" in operand'],
    ['{{template "x"}}', "is not supported"],
    ["{{break}}", "outside {{range}}"],
    ["{{$nope}}", "undefined variable"],
    ['{{"x" | 3}}', "non executable command"],
    ["{{__proto__}}", "not defined"],
    ["{{.__proto__}}", "no entry"],
    ["{{.constructor}}", "no entry"],
    ['{{index .State "constructor" "name"}}', "index of untyped nil"],
  ];
  for (const [source, words] of cases) {
    test(source, () => {
      expect(() => run(source)).toThrow(TemplateError);
      expect(() => run(source)).toThrow(words);
    });
  }
});

describe("hostile templates end", () => {
  test("loops inside loops", () => {
    const source = `${"{{range 1000}}".repeat(5)}x${"{{end}}".repeat(5)}`;
    expect(() => run(source)).toThrow("too many steps");
  });
  test("a huge count", () => expect(() => run("{{range 9007199254740991}}{{end}}")).toThrow("too many steps"));
  test("too much output", () => {
    const big = `{{range 900000}}${"y".repeat(60_000)}{{end}}`;
    expect(() => run(big)).toThrow("writes too much");
  });
  test("a width of a billion", () => expect(run('{{printf "%1000000000d" 1}}').length).toBe(1000));
  test("deep blocks and parentheses", () => {
    expect(() => run("{{if .On}}".repeat(500) + "{{end}}".repeat(500))).toThrow("too deep");
    expect(() => run(`{{${"(".repeat(5000)}1${")".repeat(5000)}}}`)).toThrow("too deep");
  });
  test("a long template", () => expect(() => run("x".repeat(defaultLimits.sourceLength + 1))).toThrow("longer than"));
});
