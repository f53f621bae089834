/**
 * What users of Testcontainers do, from start to finish; runs outside of the test's process, on the runtime that they use. It throws at the first answer that is
 * not right, and leaves a container behind for the reaper.
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from "testcontainers";

const image = "busybox:latest";
const folder = process.env["SCENARIO_FOLDER"] ?? "/nonexistent";

function step(words: string): void {
  console.log(`step: ${words}`);
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const bytes of stream) text += String(bytes);
  return text;
}

async function http(container: StartedTestContainer, port: number, what = "/"): Promise<string> {
  return (await fetch(`http://${container.getHost()}:${container.getMappedPort(port)}${what}`)).text();
}

async function ports(): Promise<void> {
  step("a web server behind a mapped port");
  const web = await new GenericContainer(image)
    .withCommand(["sh", "-c", "echo hello > /home/index.html; exec httpd -f -v -p 8080 -h /home"])
    .withExposedPorts(8080)
    .withLabels({ "of-scenario": "web" })
    .withName("scenario-web")
    .start();
  assert.equal(await http(web, 8080), "hello\n");
  assert.equal(web.getLabels()["of-scenario"], "web");
  assert.equal(web.getName(), "/scenario-web");
  assert.match(web.getIpAddress("bridge"), /^172\./);

  step("restart keeps its files and finds its port again");
  await web.exec(["sh", "-c", "echo kept > /home/kept"]);
  await web.restart();
  assert.equal(await http(web, 8080, "/kept"), "kept\n");
  await web.stop();

  step("wait for an answer over HTTP");
  const slow = await new GenericContainer(image)
    .withCommand(["sh", "-c", "sleep 1; echo ready > /home/index.html; exec httpd -f -p 8080 -h /home"])
    .withExposedPorts(8080)
    .withWaitStrategy(Wait.forHttp("/index.html", 8080).forStatusCode(200))
    .start();
  assert.equal(await http(slow, 8080), "ready\n");
  await slow.stop();
}

async function waits(): Promise<void> {
  step("wait for words in the log, the second time");
  const words = await new GenericContainer(image)
    .withCommand(["sh", "-c", "echo ready 1; sleep 0.5; echo ready 2; exec sleep 1000"])
    .withWaitStrategy(Wait.forLogMessage(/ready \d/, 2))
    .start();
  await words.stop();

  step("wait for a health check");
  const healthy = await new GenericContainer(image)
    .withCommand(["sh", "-c", "sleep 1; touch /tmp/ready; exec sleep 1000"])
    .withHealthCheck({ test: ["CMD-SHELL", "test -e /tmp/ready"], interval: 300, timeout: 5000, retries: 100, startPeriod: 0 })
    .withWaitStrategy(Wait.forHealthCheck())
    .start();
  await healthy.stop();

  step("wait for a command that succeeds, and for several things at once");
  const command = await new GenericContainer(image)
    .withCommand(["sh", "-c", "echo begun; sleep 1; touch /tmp/ready; exec sleep 1000"])
    .withWaitStrategy(Wait.forAll([Wait.forSuccessfulCommand("test -e /tmp/ready"), Wait.forLogMessage("begun")]))
    .start();
  await command.stop();

  step("wait for a container that does one thing and ends");
  await new GenericContainer(image).withCommand(["true"]).withWaitStrategy(Wait.forOneShotStartup()).start();
  const failure: unknown = await new GenericContainer(image)
    .withCommand(["sh", "-c", "exit 3"])
    .withWaitStrategy(Wait.forOneShotStartup())
    .start()
    .catch((error: unknown) => error);
  assert.ok(failure instanceof Error);

  step("a wait that is never over ends in time, with the reason");
  const late: unknown = await new GenericContainer(image)
    .withCommand(["sleep", "1000"])
    .withWaitStrategy(Wait.forLogMessage("never"))
    .withStartupTimeout(1500)
    .start()
    .catch((error: unknown) => error);
  assert.match(String(late), /not received after 1500ms/);
}

async function inside(): Promise<void> {
  step("environment, user, folder, tmpfs, hosts, limits");
  const container = await new GenericContainer(image)
    .withCommand(["sleep", "1000"])
    .withEnvironment({ ONE: "1" })
    .withUser("ann")
    .withWorkingDir("/tmp")
    .withHostname("scenario")
    .withTmpFs({ "/scratch": "rw,size=1m,mode=1777" })
    .withExtraHosts([{ host: "db", ipAddress: "192.0.2.7" }])
    .withUlimits({ nofile: { soft: 100, hard: 200 } })
    .withResourcesQuota({ memory: 0.0625, cpu: 0.5 })
    .withSharedMemorySize(1024 * 1024)
    .withBindMounts([{ source: folder, target: "/host", mode: "ro" }])
    .start();
  const shown = await container.exec([
    "sh",
    "-c",
    "echo $ONE; id -un; pwd; hostname; grep -c db /etc/hosts; ulimit -n; df /scratch | tail -1 | tr -s ' ' | cut -d' ' -f2; ls /host",
  ]);
  assert.equal(shown.exitCode, 0);
  assert.equal(shown.output, "1\nann\n/tmp\nscenario\n1\n100\n1024\ncopied\ncopied.txt\n");

  step("exec with its own user, folder and variables, and its exit code");
  const exec = await container.exec(
    "echo out; echo $TWO; id -un; pwd; echo err >&2; exit 5".split("|").flatMap((script) => ["sh", "-c", script]),
    {
      user: "root",
      workingDir: "/etc",
      env: { TWO: "2" },
    },
  );
  assert.deepEqual([exec.exitCode, exec.stdout, exec.stderr], [5, "out\n2\nroot\n/etc\n", "err\n"]);
  const client = await getContainerRuntimeClient();
  assert.equal((await client.container.inspect(client.container.getById(container.getId()))).HostConfig.Memory, 67_108_864);
  await container.stop();
}

async function files(): Promise<void> {
  step("files, folders and texts into a container before it starts");
  const container = await new GenericContainer(image)
    .withCommand(["sh", "-c", "cat /srv/text; exec sleep 1000"])
    .withCopyContentToContainer([{ content: "a text\n", target: "/srv/text", mode: 0o640 }])
    .withCopyFilesToContainer([{ source: path.join(folder, "copied.txt"), target: "/srv/file" }])
    .withCopyDirectoriesToContainer([{ source: path.join(folder, "copied"), target: "/srv/folder" }])
    .withWaitStrategy(Wait.forLogMessage("a text"))
    .start();
  const listed = await container.exec(["sh", "-c", "stat -c %a /srv/text; cat /srv/file /srv/folder/deep/inner"]);
  assert.equal(listed.output, "640\nfrom the host\ninner\n");

  step("and while it runs, and out again");
  await container.copyContentToContainer([{ content: "later\n", target: "/tmp/later" }]);
  await container.copyFilesToContainer([{ source: path.join(folder, "copied.txt"), target: "/tmp/file" }]);
  assert.equal((await container.exec(["cat", "/tmp/later", "/tmp/file"])).output, "later\nfrom the host\n");
  const archive = await textOf(await container.copyArchiveFromContainer("/tmp/later"));
  assert.ok(archive.startsWith("later\0"), "the archive does not begin with the file");
  assert.ok(archive.includes("later\n"), "the archive does not hold the file's text");
  const missing: unknown = await container.copyArchiveFromContainer("/nothing").catch((error: unknown) => error);
  assert.match(String(missing), /\/nothing/);
  await container.stop();
}

async function logs(): Promise<void> {
  step("logs, followed and afterwards");
  const heard: string[] = [];
  const container = await new GenericContainer(image)
    .withCommand(["sh", "-c", "echo one; echo two >&2; exec sleep 1000"])
    .withLogConsumer((stream) => stream.on("data", (line: string) => heard.push(String(line).trim())))
    .withWaitStrategy(Wait.forLogMessage("two"))
    .start();
  const stream = await container.logs();
  const lines: string[] = [];
  stream.on("data", (line: string) => lines.push(String(line).trim()));
  for (let attempt = 0; attempt < 500 && (lines.length < 2 || heard.length < 2); attempt++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(
    [lines.toSorted(), heard.toSorted()],
    [
      ["one", "two"],
      ["one", "two"],
    ],
  );

  step("stopped, but not removed");
  const stopped = await container.stop({ remove: false, timeout: 1000 });
  const client = await getContainerRuntimeClient();
  const dockerContainer = client.container.getById(stopped.getId());
  assert.equal((await client.container.inspect(dockerContainer)).State.Status, "exited");
  await client.container.remove(dockerContainer);
}

async function reuse(): Promise<void> {
  step("reuse: the same wishes find the same container, other wishes do not");
  const start = (name: string): Promise<StartedTestContainer> =>
    new GenericContainer(image).withCommand(["sleep", "1000"]).withLabels({ "of-scenario": "reuse", name }).withReuse().start();
  const [first, second] = [await start("one"), await start("one")];
  assert.equal(second.getId(), first.getId());
  const other = await start("two");
  assert.notEqual(other.getId(), first.getId());
  await other.stop({ remove: true });
  await first.stop({ remove: false });
  const again = await start("one");
  assert.equal(again.getId(), first.getId());
  await again.stop();
}

async function many(): Promise<void> {
  step("ten at once");
  const started = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      new GenericContainer(image)
        .withCommand(["sh", "-c", `echo ${index} > /home/index.html; exec httpd -f -p 80 -h /home`])
        .withExposedPorts(80)
        .start(),
    ),
  );
  assert.deepEqual(
    await Promise.all(started.map((container) => http(container, 80))),
    started.map((_, index) => `${index}\n`),
  );
  await Promise.all(started.map((container) => container.stop()));
}

mkdirSync(path.join(folder, "copied/deep"), { recursive: true });
writeFileSync(path.join(folder, "copied.txt"), "from the host\n");
writeFileSync(path.join(folder, "copied/deep/inner"), "inner\n");

for (const part of [ports, waits, inside, files, logs, reuse, many]) await part();
step("a container is left behind");
await new GenericContainer(image).withCommand(["sleep", "1000"]).withLabels({ "of-scenario": "left" }).start();
console.log("scenario: done");
process.exit(0);
