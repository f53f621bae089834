import type { LineGroup } from "../line.ts";
import { codes } from "./codes.ts";
import { containers } from "./containers.ts";
import { images } from "./images.ts";
import { system } from "./system.ts";
import { templates } from "./templates.ts";

/** Every group. Those whose lines start something come last. */
export const lineGroups: readonly LineGroup[] = [...containers, ...images, ...system, templates, ...codes];
