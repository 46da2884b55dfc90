import type { Wording } from '../../src/dialects/dialect.ts'
import type { Letter } from '../../src/model/call.ts'
import { Written } from '../../src/stages/open/written.ts'

/** A request's body, read as the house reads it. */
export function writtenAs(json: string): Pick<Letter, 'text' | 'fields' | 'outline' | 'body'> {
  const { text, fields, outline, body } = new Written(new TextEncoder().encode(json))
  return { text, fields, outline, body }
}

/** A wording with its body as a text. */
export const worded = (wording: Wording) => ({
  ...wording,
  body: typeof wording.body === 'string' ? wording.body : new TextDecoder().decode(wording.body),
})
