import { fail } from "@berth/base";
import { quoteName } from "./entry-path.ts";

/** Attributes that steer overlayfs itself: a layer that brings them could reach into other directories. */
const steering = /^(trusted|user)\.overlay\./;
/** Capabilities of files, access lists and what programs keep for themselves travel with an image. */
const kept = /^(security\.capability$|system\.posix_acl_|user\.)/;

/**
 * The attributes of an entry that are set. Labels of the building machine (security.selinux, security.ima, other
 * trusted ones) are left out.
 * @throws invalid for overlayfs's own
 */
export function keptXattrs(name: string, xattrs: ReadonlyMap<string, Uint8Array> | null): readonly [string, Uint8Array][] {
  if (xattrs === null) return [];
  const found: [string, Uint8Array][] = [];
  for (const [key, value] of xattrs) {
    if (steering.test(key)) throw fail("invalid", `${quoteName(name)} brings the attribute ${quoteName(key)}, which belongs to overlayfs`);
    if (kept.test(key)) found.push([key, value]);
  }
  return found;
}
