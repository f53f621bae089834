import { fail } from "@berth/base";
import type { HostConfig } from "@berth/spec";

/** Throws, in Docker's words, what a start says to requests for devices by driver: there are no such drivers (GPU vendors', CDI). */
export function refuseDeviceRequests(host: HostConfig): void {
  for (const request of host.DeviceRequests ?? []) {
    const { Driver: driver = "", Capabilities: capabilities } = request as {
      Driver?: string;
      Capabilities?: readonly (readonly string[])[] | null;
    };
    const wanted = (capabilities ?? []).map((all) => `[${all.join(" ")}]`).join(" ");
    throw fail("invalid", `could not select device driver ${JSON.stringify(driver)} with capabilities: [${wanted}]`);
  }
}
