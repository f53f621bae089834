import type { ContainerRecord } from "../../../containers/record.ts";
import { chosenAttributes } from "../../config/attributes.ts";
import { journalField } from "./message.ts";

/** The fields that name a container in each of its entries, as Docker calls them. Throws PatternError. */
export function containerFields(record: ContainerRecord, tag: string): Record<string, string> {
  const { id, name, config } = record;
  const fields: Record<string, string> = {
    CONTAINER_ID: id.slice(0, 12),
    CONTAINER_ID_FULL: id,
    CONTAINER_NAME: name,
    CONTAINER_TAG: tag,
    IMAGE_NAME: config.Image,
    SYSLOG_IDENTIFIER: tag,
  };
  for (const [key, value] of Object.entries(chosenAttributes(record))) {
    const field = journalField(key);
    if (field !== null) fields[field] = value;
  }
  return fields;
}
