export { checkLogDefaults } from "./logs/config/defaults.ts";
export { type EngineOptions, openEngine, type RunningEngine } from "./open-engine.ts";
export type * from "./ports.ts";
export { defaultSettings, type EngineSettings, type HostSnapshot } from "./settings.ts";
export { readHost } from "./system/host.ts";
