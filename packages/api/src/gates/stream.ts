import { isAtLeast, multiplexedStreamType, rawStreamType } from "@berth/spec";

/** Content type of attach, exec and logs: framed streams have one of their own since 1.42. */
export function streamType(options: { readonly framed: boolean; readonly version: string }): string {
  return options.framed && isAtLeast(options.version, "1.42") ? multiplexedStreamType : rawStreamType;
}
