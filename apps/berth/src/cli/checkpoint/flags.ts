import type { Flag } from "../args/flag.ts";

/** Docker's clients have it; checkpoints stay with their container, so the engine refuses it. */
export const folderFlag: Flag = {
  name: "checkpoint-dir",
  type: "string",
  values: "folder",
  help: "Refused: checkpoints are kept with their container",
};
