import * as z from 'zod'
import { language } from './schema.ts'

/** The whole language as JSON Schema (2020-12), for editors and for `thalamus schema`. Made when it is asked for. */
export function configJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(language(), { io: 'input' })
  return { $schema, title: 'thalamus.yaml', description: 'The configuration of Thalamus.', ...rest }
}
