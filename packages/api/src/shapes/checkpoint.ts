import { goShape } from "@berth/spec";

const { bool, object, string } = goShape;

/** Body of POST /containers/{name}/checkpoints. */
export const checkpointRequest: goShape.Shape = object("CreateRequest", { CheckpointID: string, CheckpointDir: string, Exit: bool });
