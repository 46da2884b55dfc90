import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
} from 'yaml'
import { isObject, type JsonObject } from '../model/json.ts'
import type { Complaint, Path } from './problem.ts'

export type Place = { readonly line: number; readonly column: number }
export type Misspelling = Place & { readonly message: string }

/** A YAML text as plain values that still know where they were written. */
export type Source = {
  /** What is wrong with it as YAML. */
  readonly misspellings: readonly Misspelling[]
  /** The top-level map, as far as it can be read at all. */
  readonly value: JsonObject | undefined
  place(complaint: Pick<Complaint, 'path' | 'on'>): Place
}

const mostMisspellings = 10
const mostAliases = 100
// Pairs count as a step of their own; the language itself goes down less than twenty.
const deepest = 100

// Our own sentences: the parser's quote the line they speak of, and that line may hold a secret.
const sentences: Record<ErrorCode, string> = {
  ALIAS_PROPS: 'An alias (*name) can have neither an anchor nor a tag.',
  BAD_ALIAS: 'This is no name of an anchor; quote the text if it begins with * or &.',
  BAD_COLLECTION_TYPE: 'The tag does not fit what it stands before; remove it.',
  BAD_DIRECTIVE: 'A line that begins with % is a YAML directive, and this one is not known; remove it.',
  BAD_DQ_ESCAPE: 'This backslash begins no escape that YAML knows; double it or use single quotes.',
  BAD_INDENT:
    'The indentation does not fit what stands above: fields of one map begin in the same column, and a [ or { needs its end.',
  BAD_PROP_ORDER: 'Anchors and tags stand before the value, after the colon or dash.',
  BAD_SCALAR_START: 'Text that begins with this character needs quotes.',
  BLOCK_AS_IMPLICIT_KEY:
    'A second `name: value` stands in one line; put it on its own line, or quote text with a colon in it.',
  BLOCK_IN_FLOW: 'Between [ ] or { } only the comma-separated form is possible.',
  DUPLICATE_KEY: 'This field stands twice in one map; keep one of them.',
  IMPOSSIBLE: 'This cannot be read as YAML.',
  KEY_OVER_1024_CHARS: 'A name of more than 1024 characters is not possible.',
  MISSING_CHAR: 'Something is missing here: a closing quote or bracket, a comma, or the colon after a name.',
  MULTILINE_IMPLICIT_KEY: 'The name of a field must stand on one line; is a colon or quote missing?',
  MULTIPLE_ANCHORS: 'A value can have one anchor only.',
  MULTIPLE_DOCS: 'A second document begins here; a configuration is one document, so remove the line of dashes.',
  MULTIPLE_TAGS: 'A value can have one tag only.',
  NON_STRING_KEY: 'The name of a field must be text.',
  RESOURCE_EXHAUSTION: 'This is nested too deeply to be read.',
  TAB_AS_INDENT: 'YAML is indented with spaces; replace the tab.',
  TAG_RESOLVE_FAILED: 'This tag (!name) is not known here; remove it.',
  UNEXPECTED_TOKEN: 'This does not belong here; check the indentation and the brackets and quotes before it.',
}

// After one of these the parser still knows what everything else says, so the other checks can go on.
const readable: ReadonlySet<ErrorCode> = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED', 'BAD_DIRECTIVE'])

export function readSource(text: string): Source {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
  const errors = [...document.errors, ...document.warnings]
  const spelled = errors.map(error => ({ offset: error.pos[0], message: sentences[error.code] }))
  const content = errors.every(error => readable.has(error.code)) ? contentOf(document) : {}
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  return {
    misspellings: [...spelled.slice(0, mostMisspellings), ...(content.slips ?? [])].map(({ offset, message }) => ({
      ...placeOf(offset),
      message,
    })),
    value: content.value,
    place: ({ path, on }) => placeOf(offsetOf(document, path, on)),
  }
}

type Slip = { readonly offset: number; readonly message: string }
type Content = { readonly value?: JsonObject; readonly slips?: readonly Slip[] }

/** The values of a well-formed document, unless they are of a kind that no configuration can have. */
function contentOf(document: Document): Content {
  const slips = slipsIn(document)
  if (slips.length > 0) return { slips }
  try {
    const value: unknown = document.toJS({ maxAliasCount: mostAliases }) ?? {}
    if (isObject(value)) return { value }
    return { slips: [{ offset: 0, message: 'The file must be a map of fields: `server:`, `providers:` and so on.' }] }
  } catch (error) {
    // Its guard against alias bombs has no class of its own.
    if (!(error instanceof ReferenceError)) throw error
    return { slips: [{ offset: 0, message: bombSentence }] }
  }
}

const bombSentence = `Aliases (*name) multiply here as if to exhaust the memory; at most ${mostAliases} values may come of them.`

/** Walks the nodes in the order of the text, without recursion: a tower of brackets must not exhaust the stack. */
function slipsIn(document: Document): readonly Slip[] {
  const slips: Slip[] = []
  const anchors = new Set<string>()
  const ahead: { readonly node: unknown; readonly depth: number }[] = [{ node: document.contents, depth: 0 }]
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const { node, depth } = next
    if (depth > deepest) return [slip(node, sentences.RESOURCE_EXHAUSTION)]
    const message = slipOf(node, anchors)
    if (message !== undefined) slips.push(slip(node, message))
    ahead.push(...childrenOf(node).map(child => ({ node: child, depth: depth + 1 })))
  }
  return slips
}

function slipOf(node: unknown, anchors: Set<string>): string | undefined {
  if (isAlias(node)) return anchors.has(node.source) ? undefined : 'No anchor of this name stands before this.'
  if (isNode(node) && 'anchor' in node && node.anchor !== undefined) anchors.add(node.anchor)
  // It would name the prototype of whatever object is made of the map, and be lost.
  return isPair(node) && isScalar(node.key) && node.key.value === '__proto__'
    ? '`__proto__` cannot be a name.'
    : undefined
}

/** Last first, because the walk takes from the end. */
function childrenOf(node: unknown): readonly unknown[] {
  if (isPair(node)) return [node.value, node.key]
  return isMap(node) || isSeq(node) ? node.items.toReversed() : []
}

const slip = (node: unknown, message: string): Slip => ({ offset: startOf(isPair(node) ? node.key : node), message })

const startOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0)

/** Where a path's last step that exists is written. */
function offsetOf(document: Document, path: Path, on: Complaint['on']): number {
  let node: unknown = document.contents
  let offset = startOf(node)
  for (const [index, step] of path.entries()) {
    const next = stepInto(document, node, step)
    if (next === undefined) break
    const named = index === path.length - 1 && on === 'key'
    offset = startOf(named ? next.key : next.value)
    node = next.value
  }
  return offset
}

function stepInto(
  document: Document,
  node: unknown,
  step: string | number,
): { key: unknown; value: unknown } | undefined {
  const whole = isAlias(node) ? node.resolve(document) : node
  if (isSeq(whole)) return whole.items[Number(step)] === undefined ? undefined : both(whole.items[Number(step)])
  if (!isMap(whole)) return undefined
  // The last of two equal names, because that is the one whose value is read.
  const pair = whole.items.findLast(({ key }) => isScalar(key) && String(key.value) === step)
  return pair && { key: pair.key, value: pair.value ?? pair.key }
}

const both = (node: unknown): { key: unknown; value: unknown } => ({ key: node, value: node })
