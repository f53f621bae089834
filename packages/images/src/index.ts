export { plainStream } from "./archive/plain-stream.ts";
export { type ChangeResult, applyChanges } from "./import/changes/apply.ts";
export { defaultStoreLimits, type StoreLimits } from "./limits.ts";
export { type ImageStoreOptions, openImageStore } from "./open.ts";
export type * from "./ports.ts";
