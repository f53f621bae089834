import { newestApiVersion, oldestApiVersion } from "@berth/spec";
import { type CallHandler, sendJson } from "../../call/call.ts";

/** GET /version. The door adds the API versions and whether experimental features are on, to the whole and to the component `Engine`. */
export const version: CallHandler = async ({ engine, experimental }, call) => {
  const told = await engine.version();
  const versions = { ApiVersion: newestApiVersion, MinAPIVersion: oldestApiVersion };
  const components = Array.isArray(told["Components"])
    ? told["Components"].map((component) => withVersions(component, { ...versions, Experimental: String(experimental) }))
    : undefined;
  // Left out when it is not so, as Docker does.
  sendJson(call, 200, {
    ...told,
    ...versions,
    ...(experimental ? { Experimental: true } : {}),
    ...(components === undefined ? {} : { Components: components }),
  });
};

function withVersions(component: unknown, versions: Readonly<Record<string, string>>): unknown {
  if (typeof component !== "object" || component === null || !("Name" in component) || component.Name !== "Engine") return component;
  const details = "Details" in component && typeof component.Details === "object" ? component.Details : {};
  return { ...component, Details: { ...details, ...versions } };
}
