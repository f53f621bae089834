export type * from "./docker/container.ts";
export type * from "./docker/image.ts";
export type * from "./docker/system.ts";
export type * from "./oci/image.ts";
export type * from "./oci/runtime.ts";
