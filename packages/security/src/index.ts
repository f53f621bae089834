export { capabilityNames } from "./capabilities/names.ts";
export { openSecurity } from "./open-security.ts";
export type * from "./ports.ts";
export { parseSeccompProfile } from "./seccomp/parse.ts";
