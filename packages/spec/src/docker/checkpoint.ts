/** Body of POST /containers/{name}/checkpoints. */
export interface CheckpointCreateRequest {
  CheckpointID?: string;
  CheckpointDir?: string;
  /** Ends the container with it. */
  Exit?: boolean;
}

/** An element of GET /containers/{name}/checkpoints. */
export interface CheckpointSummary {
  Name: string;
}
