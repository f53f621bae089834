/** One volume of GET /volumes and GET /volumes/{name}. */
export interface Volume {
  CreatedAt: string;
  Driver: string;
  Labels: Readonly<Record<string, string>> | null;
  Mountpoint: string;
  Name: string;
  Options: Readonly<Record<string, string>> | null;
  Scope: "local";
}

/** Body of POST /volumes/create after parsing. */
export interface VolumeCreateRequest {
  Name?: string;
  Driver?: string;
  DriverOpts?: Record<string, string> | null;
  Labels?: Record<string, string> | null;
}
