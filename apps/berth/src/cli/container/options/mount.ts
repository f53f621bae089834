import { resolve } from "node:path";
import type { MountSpec } from "@berth/spec";
import { parseBinarySize } from "@berth/spec";
import { parseCsvLine } from "./csv.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type BindOptions = NonNullable<MountSpec["BindOptions"]>;
type VolumeOptions = NonNullable<MountSpec["VolumeOptions"]>;

/** A mount while its fields are read; `ImageOptions` is newer than the shapes of the API that Berth serves. */
type Draft = Omit<Mutable<MountSpec>, "Target"> & { Target?: string; ImageOptions?: { Subpath?: string } };

const withoutValue = new Set(["readonly", "ro", "volume-nocopy", "bind-nonrecursive", "bind-create-src"]);

/**
 * Reads `--mount type=bind,source=/a,target=/b,readonly`.
 * @throws with docker's words
 */
export function parseMount(text: string): Draft {
  const value = text.trim();
  if (value === "") throw new Error("value is empty");
  const mount: Draft = { Type: "volume" };
  for (const field of parseCsvLine(value)) applyField(mount, field);
  validate(mount);
  return mount;
}

function applyField(mount: Draft, field: string): void {
  const at = field.indexOf("=");
  const hasValue = at !== -1;
  const written = hasValue ? field.slice(0, at) : field;
  const value = hasValue ? field.slice(at + 1) : "";
  if (written.trim() !== written) throw new Error(`invalid option '${written.trim()}' in '${field}': option should not have whitespace`);
  if (hasValue && value.trim() === "") throw new Error(`invalid value for '${written}': value is empty`);
  if (value.trim() !== value) throw new Error(`invalid value for '${written}' in '${field}': value should not have whitespace`);
  const key = written.toLowerCase();
  if (!hasValue && !withoutValue.has(key)) throw new Error(`invalid field '${field}' must be a key=value pair`);
  const flag = (): boolean => readFlag(key, value, hasValue);
  switch (key) {
    case "type":
      mount.Type = value.toLowerCase();
      break;
    case "source":
    case "src":
      mount.Source = value.startsWith(".") ? resolve(value) : value;
      break;
    case "target":
    case "dst":
    case "destination":
      mount.Target = value;
      break;
    case "readonly":
    case "ro":
      if (flag()) mount.ReadOnly = true;
      else delete mount.ReadOnly;
      break;
    case "consistency":
      mount.Consistency = value.toLowerCase();
      break;
    case "image-subpath":
      mount.ImageOptions = { Subpath: value };
      break;
    case "tmpfs-size":
      mount.TmpfsOptions = { ...mount.TmpfsOptions, SizeBytes: readSize(key, value) };
      break;
    case "tmpfs-mode":
      if (!/^[0-7]{1,10}$/.test(value)) throw new Error(`invalid value for ${key}: ${value}`);
      mount.TmpfsOptions = { ...mount.TmpfsOptions, Mode: Number.parseInt(value, 8) };
      break;
    default:
      if (key.startsWith("bind-")) mount.BindOptions = { ...mount.BindOptions, ...bindOption({ key, value, field, flag }) };
      else if (key.startsWith("volume-")) mount.VolumeOptions = volumeOption(mount.VolumeOptions, { key, value, field, flag });
      else throw new Error(`unknown option '${key}' in '${field}'`);
  }
}

interface Option {
  readonly key: string;
  readonly value: string;
  readonly field: string;
  readonly flag: () => boolean;
}

function bindOption({ key, value, field, flag }: Option): BindOptions {
  switch (key) {
    case "bind-propagation":
      return { Propagation: value.toLowerCase() };
    case "bind-nonrecursive":
      return flag() ? { NonRecursive: true } : {};
    case "bind-create-src":
      return flag() ? { CreateMountpoint: true } : {};
    case "bind-recursive":
      switch (value) {
        case "enabled":
          return {};
        case "disabled":
          return { NonRecursive: true };
        case "writable":
          return { ReadOnlyNonRecursive: true };
        case "readonly":
          return { ReadOnlyForceRecursive: true };
        default:
          throw new Error(`invalid value for ${key}: ${value} (must be "enabled", "disabled", "writable", or "readonly")`);
      }
    default:
      throw new Error(`unknown option '${key}' in '${field}'`);
  }
}

function volumeOption(options: VolumeOptions | undefined, { key, value, field, flag }: Option): VolumeOptions {
  switch (key) {
    case "volume-subpath":
      return { ...options, Subpath: value };
    case "volume-nocopy":
      return { ...options, ...(flag() ? { NoCopy: true } : {}) };
    case "volume-label":
      return { ...options, Labels: { ...options?.Labels, ...keyValue(value) } };
    case "volume-driver":
      return { ...options, DriverConfig: { ...options?.DriverConfig, Name: value } };
    case "volume-opt":
      return { ...options, DriverConfig: { ...options?.DriverConfig, Options: { ...options?.DriverConfig?.Options, ...keyValue(value) } } };
    default:
      throw new Error(`unknown option '${key}' in '${field}'`);
  }
}

function validate(mount: Draft): void {
  const { Type: type } = mount;
  if (type === "") throw new Error("type is required");
  if (type !== "bind" && mount.BindOptions !== undefined) throw new Error(`cannot mix 'bind-*' options with mount type '${type}'`);
  if (type !== "volume" && mount.VolumeOptions !== undefined) throw new Error(`cannot mix 'volume-*' options with mount type '${type}'`);
  if (type !== "image" && mount.ImageOptions !== undefined) throw new Error(`cannot mix 'image-*' options with mount type '${type}'`);
  if (type !== "tmpfs" && mount.TmpfsOptions !== undefined) throw new Error(`cannot mix 'tmpfs-*' options with mount type '${type}'`);
  const bind = mount.BindOptions;
  if (bind?.ReadOnlyNonRecursive === true && mount.ReadOnly !== true) {
    throw new Error("bind-recursive=writable makes sense only with readonly");
  }
  if (bind?.ReadOnlyForceRecursive === true) {
    if (mount.ReadOnly !== true) throw new Error("bind-recursive=readonly needs readonly too");
    if (bind.Propagation !== "rprivate") {
      throw new Error("bind-recursive=readonly needs bind-propagation=rprivate too");
    }
  }
}

function readFlag(key: string, value: string, hasValue: boolean): boolean {
  if (!hasValue || value === "1" || value === "true") return true;
  if (value === "0" || value === "false") return false;
  const words = `invalid boolean value (${JSON.stringify(value)}): must be one of "true", "1", "false", or "0" (default "true")`;
  throw new Error(`invalid value for '${key}': ${words}`);
}

function readSize(key: string, value: string): number {
  try {
    return parseBinarySize(value);
  } catch (error) {
    throw new Error(`invalid value for ${key}: ${value}`, { cause: error });
  }
}

function keyValue(text: string): Record<string, string> {
  const at = text.indexOf("=");
  const key = at === -1 ? text : text.slice(0, at);
  return key === "" ? {} : { [key]: at === -1 ? "" : text.slice(at + 1) };
}
