import { goShape } from "@berth/spec";

const { any, object, string } = goShape;

/** Body of POST /networks/create, as far as it is looked at. */
export const networkCreateRequest: goShape.Shape = object("NetworkCreateRequest", {
  Name: string,
  Driver: string,
  Options: any,
  Labels: any,
  IPAM: any,
});
