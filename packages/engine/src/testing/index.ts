export { FakeImages } from "./fake-images.ts";
export { FakeNetworks } from "./fake-networks.ts";
export { type FakeExec, FakeRuntime, FakeSession } from "./fake-runtime.ts";
export { openTestEngine, type TestEngine, until } from "./test-engine.ts";
