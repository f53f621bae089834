import { fail } from "@berth/base";
import type { Core } from "../../core.ts";
import { readExtensions, type Requirement } from "../extensions.ts";
import type { ContainerRecord } from "../record.ts";

/**
 * Checks what a container that is about to be made requires: not itself, and nothing that requires it. What does not exist
 * yet is only a warning, because whole groups are made one after another. Throws invalid.
 */
export function checkRequires(core: Pick<Core, "records">, name: string, requires: readonly Requirement[]): readonly string[] {
  const warnings: string[] = [];
  for (const { container } of requires) {
    const other = find(core, container);
    if (container === name) throw fail("invalid", `container ${name} cannot require itself`);
    if (other === null) {
      warnings.push(`container ${name} requires container ${container}, which does not exist yet`);
      continue;
    }
    const way = wayTo(core, other, name, new Set());
    if (way !== null) throw fail("invalid", `container ${name} cannot require container ${container}: ${way.join(" requires ")}`);
  }
  return warnings;
}

/** The names on the way from one container to another by what they require; null when there is none. */
function wayTo(core: Pick<Core, "records">, from: ContainerRecord, name: string, seen: Set<string>): readonly string[] | null {
  if (seen.has(from.id)) return null;
  seen.add(from.id);
  for (const { container } of readExtensions(from.hostConfig.Annotations).requires) {
    if (container === name) return [from.name, name];
    const next = find(core, container);
    const rest = next === null ? null : wayTo(core, next, name, seen);
    if (rest !== null) return [from.name, ...rest];
  }
  return null;
}

function find(core: Pick<Core, "records">, reference: string): ContainerRecord | null {
  try {
    return core.records.lookup(reference);
  } catch {
    return null;
  }
}
