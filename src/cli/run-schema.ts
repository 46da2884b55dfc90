import { configJsonSchema } from '../config/json-schema.ts'

/** Prints the config's JSON Schema. */
export function runSchema(): void {
  console.log(JSON.stringify(configJsonSchema(), null, 2))
}
