import { createReadStream } from "node:fs";
import { drain, openTestStore } from "./open-test-store.ts";

/** Loads an archive and kills its own process without warning before or after one step: `root archive step before|after`. */
const [root = "", archive = "", step = "", when = ""] = process.argv.slice(2);
await using t = await openTestStore({
  root,
  steps: {
    async run(name, effect) {
      if (name === step && when === "before") process.kill(process.pid, "SIGKILL");
      const result = await effect();
      if (name === step && when === "after") process.kill(process.pid, "SIGKILL");
      return result;
    },
  },
});
await drain(t.store.load(createReadStream(archive), { quiet: true }));
