import { goShape } from "@berth/spec";

const { map, object, string } = goShape;

/** Body of POST /volumes/create. */
export const volumeCreateRequest: goShape.Shape = object("VolumeCreateBody", {
  Name: string,
  Driver: string,
  DriverOpts: map(string),
  Labels: map(string),
});
