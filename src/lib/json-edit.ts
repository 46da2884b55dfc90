import { asciiJson } from './byte-text.ts'

/**
 * One top-level field of a JSON object's text. The field stands at `from` (its name's opening quote), its value at
 * `start`..`end`; all are indices into the text.
 */
export type Field = { readonly name: string; readonly from: number; readonly start: number; readonly end: number }

/** Thrown by `fieldsOf`; `reason` says which rule the text breaks. */
export class UneditableJson extends Error {
  override readonly name = 'UneditableJson'
  readonly reason: 'deep' | 'duplicate'
  readonly field: string

  constructor(reason: 'deep' | 'duplicate', field: string) {
    super(`${reason} at ${field}`)
    this.reason = reason
    this.field = field
  }
}

/** Deeper than any request seen (JSON schemas reach some 30), shallow enough for every parser downstream. */
export const maxDepth = 256

const QUOTE = 34
const BACKSLASH = 92
const LAST_ASCII = 126
const COMMA = 44
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93

/**
 * The top-level fields of a text that is already known to be a valid JSON object. Refuses what two parsers could
 * understand differently: a name that stands twice, and nesting beyond `maxDepth`. `read` is how a name is to be read,
 * where the text is not what it says (`byteText`).
 */
export function fieldsOf(text: string, read: (quoted: string) => string = asItIs): readonly Field[] {
  const fields: Field[] = []
  let at = skipSpace(text, text.indexOf('{') + 1)
  while (text.charCodeAt(at) === QUOTE) {
    const nameEnd = skipString(text, at)
    const name = nameIn(text.slice(at, nameEnd), read)
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1)
    const end = skipValue(text, start, name)
    fields.push({ name, from: at, start, end })
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  checkOnce(fields)
  return fields
}

const asItIs = (quoted: string): string => quoted

/** Few names have an escape or a letter beyond ASCII in them, and only those need a parser. */
const nameIn = (quoted: string, read: (quoted: string) => string): string =>
  isSimple(quoted) ? quoted.slice(1, -1) : (JSON.parse(read(quoted)) as string)

function isSimple(quoted: string): boolean {
  for (let at = 0; at < quoted.length; at++) {
    const code = quoted.charCodeAt(at)
    if (code === BACKSLASH || code > LAST_ASCII) return false
  }
  return true
}

/** Of so few names, comparing each with each is quicker than a set. */
const fewNames = 16

function checkOnce(fields: readonly Field[]): void {
  const twice = fields.length > fewNames ? twiceAmongMany(fields) : twiceAmongFew(fields)
  if (twice) throw new UneditableJson('duplicate', twice.name)
}

function twiceAmongFew(fields: readonly Field[]): Field | undefined {
  for (let n = 1; n < fields.length; n++)
    for (let before = 0; before < n; before++) if (fields[before]?.name === fields[n]?.name) return fields[n]
  return undefined
}

function twiceAmongMany(fields: readonly Field[]): Field | undefined {
  const names = new Set<string>()
  return fields.find(({ name }) => names.size === names.add(name).size)
}

/** JSON that we write ourselves, as a byte text that can be edited like one that came. */
export function editable(body: object): { readonly text: string; readonly fields: readonly Field[] } {
  const text = asciiJson(body)
  return { text, fields: fieldsOf(text) }
}

/**
 * The text with some fields set to other JSON, and every other byte as it was: number spelling, order, white space and
 * escapes survive, which printing a parsed value again would not allow. A field that is not there is added at the end.
 */
export function setFields(text: string, fields: readonly Field[], json: ReadonlyMap<string, string>): string {
  let out = ''
  let copied = 0
  let set = 0
  for (const field of fields) {
    const value = json.get(field.name)
    if (value === undefined) continue
    out += text.slice(copied, field.start) + value
    copied = field.end
    set++
  }
  if (set === json.size) return out + text.slice(copied)
  const end = fields.at(-1)?.end ?? text.indexOf('{') + 1
  return out + text.slice(copied, end) + added(fields, json) + text.slice(end)
}

function added(fields: readonly Field[], json: ReadonlyMap<string, string>): string {
  let out = ''
  let comma = fields.length > 0
  for (const [name, value] of json) {
    if (named(name, fields)) continue
    out += `${comma ? ',' : ''}${JSON.stringify(name)}:${value}`
    comma = true
  }
  return out
}

function named(name: string, fields: readonly Field[]): Field | undefined {
  for (const field of fields) if (field.name === name) return field
  return undefined
}

/** The text without some fields; a comma goes with each. */
export function dropFields(text: string, fields: readonly Field[], drop: (name: string) => boolean): string {
  const first = fields[0]
  const last = fields.at(-1)
  if (!first || !last || !fields.some(field => drop(field.name))) return text
  let out = text.slice(0, first.from)
  let kept = false
  fields.forEach((field, i) => {
    if (drop(field.name)) return
    // What stands between two fields (comma, white space) goes with the second of them.
    const previous = fields[i - 1]
    out += kept && previous ? text.slice(previous.end, field.end) : text.slice(field.from, field.end)
    kept = true
  })
  return out + text.slice(last.end)
}

/** The index after a value. Strings are skipped by a native search, so a long prompt costs little. */
function skipValue(text: string, at: number, field: string): number {
  const first = text.charCodeAt(at)
  if (first === QUOTE) return skipString(text, at)
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return skipScalar(text, at)
  let depth = 0
  for (let i = at; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = skipString(text, i) - 1
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > maxDepth) throw new UneditableJson('deep', field)
    } else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return i + 1
  }
  return text.length
}

function skipScalar(text: string, at: number): number {
  let i = at
  while (i < text.length) {
    const code = text.charCodeAt(i)
    if (code === COMMA || code === CLOSE_BRACE || isSpace(code)) return i
    i++
  }
  return i
}

function skipString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return end + 1
  }
  return text.length
}

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9

function skipSpace(text: string, at: number): number {
  let i = at
  while (isSpace(text.charCodeAt(i))) i++
  return i
}
