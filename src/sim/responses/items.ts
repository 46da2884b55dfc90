/** Reads the items of the input: each kind, and whether they belong together. */

import { Field } from '../field.ts'
import { isImageAddress } from '../image.ts'
import { isList, isObject, type Json } from '../json.ts'
import { mediaTokens, type Turn } from '../prompt.ts'
import { Refusal } from '../refusal.ts'
import { reveal } from '../seal.ts'
import type { Thread } from '../threads.ts'

export const maker = 'openai-responses'

type Threads = ReadonlyMap<string, Thread>

type Item = { readonly field: Field; readonly type: string; readonly turn: Turn | undefined }

export type Items = { readonly turns: readonly Turn[]; readonly items: readonly Json[]; readonly answered: boolean }

/** `before` was said in answers that were kept, and was checked then. */
export function readItems(input: Field, before: readonly Json[], threads: Threads, signed: boolean): Items {
  const given = inputOf(input)
  const said = given.map(field => readItem(resolved(field, threads), threads))
  for (const [i, item] of said.entries()) {
    if (signed) checkReasoned(item, said[i - 1])
    checkFollowed(item, said[i + 1])
  }
  const all = [...before.map(value => readItem(new Field(input.words, value, ['input']), threads)), ...said]
  checkPairs(all, input)
  const turns = all.map(({ turn }) => turn).filter(turn => turn !== undefined)
  return {
    turns,
    items: [...before, ...given.map(({ value = null }) => value)],
    answered: turns.at(-1)?.role === 'tool',
  }
}

function inputOf(input: Field): readonly Field[] {
  const { value } = input.needed()
  if (typeof value === 'string') return [new Field(input.words, { role: 'user', content: value }, input.way)]
  if (!isList(value)) throw input.wrongType('one of a string or array of objects')
  return input.items()
}

/** A reference is what it refers to. */
function resolved(field: Field, threads: Threads): Field {
  if (field.get('type').value !== 'item_reference') return field
  const id = field.get('id').needed().text()
  const kept = keptItem(id, threads)
  if (kept === undefined) throw notKept(field, id)
  return new Field(field.words, kept, field.way)
}

function keptItem(id: string, threads: Threads): Json | undefined {
  for (const { response, input } of threads.values()) {
    const output = isList(response.output) ? response.output : []
    const found = [...output, ...input].find(item => isObject(item) && item.id === id)
    if (found !== undefined) return found
  }
  return undefined
}

const notKept = (field: Field, id: string): Refusal =>
  new Refusal(
    404,
    `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
    { param: field.words.path(field.way.slice(0, 1)) },
  )

const nothing = { text: '', media: 0, calls: '' }

type Reader = (item: Field, threads: Threads) => Turn | undefined

const readers: Readonly<Record<string, Reader>> = {
  message: readMessage,
  function_call: readCall,
  function_call_output: readOutput,
  reasoning: readReasoning,
}

/** Of tools that the provider runs itself: nothing in them is looked at. */
const foreign =
  /^([a-z_]+_call|[a-z_]+_call_output|mcp_[a-z_]+|compaction|tool_search_[a-z]+|additional_tools|program[a-z_]*)$/

function readItem(field: Field, threads: Threads): Item {
  const type = field.get('type').isAbsent ? 'message' : field.get('type').text()
  const reader = Object.hasOwn(readers, type) ? readers[type] : undefined
  if (reader !== undefined) return { field, type, turn: reader(field, threads) }
  if (foreign.test(type)) return { field, type, turn: undefined }
  throw field.words.notAmong(field.get('type').at, type, Object.keys(readers))
}

function checkId(item: Field, prefix: string): void {
  const id = item.get('id')
  if (id.isAbsent || id.text().startsWith(prefix)) return
  throw id.wrong(`Invalid '${id.at}': '${id.text()}'. Expected an ID that begins with '${prefix}'.`)
}

const roles = ['assistant', 'system', 'developer', 'user'] as const

function readMessage(item: Field): Turn {
  const role = item.get('role').needed().among(roles)
  checkId(item, 'msg')
  const content = item.get('content').needed()
  if (typeof content.value === 'string') return { ...nothing, role, text: content.text() }
  const texts = readParts(content, role)
  return { ...nothing, role, text: texts.join(''), media: mediaOf(texts) }
}

function readParts(content: Field, role: string): readonly (string | undefined)[] {
  if (!isList(content.value)) throw content.wrongType('one of an array of objects or string')
  return content.items().map(part => readPart(part, role))
}

const mediaOf = (texts: readonly (string | undefined)[]): number =>
  mediaTokens * texts.filter(text => text === undefined).length

const said = ['output_text', 'refusal']
const asked = ['input_text', 'input_image', 'input_file', 'input_audio', 'computer_screenshot', 'summary_text']

/** The text of a part, `undefined` where it is none. */
function readPart(part: Field, role: string): string | undefined {
  const type = part
    .get('type')
    .needed()
    .among(role === 'assistant' ? said : asked)
  if (type === 'refusal') return part.get('refusal').needed().text()
  if (type.endsWith('text')) return part.get('text').needed().text()
  if (type === 'input_image') checkImage(part)
  if (type === 'input_file') checkFile(part)
  return undefined
}

function checkImage(part: Field): void {
  const url = part.get('image_url')
  if (url.isAbsent) {
    part.get('file_id').needed().text()
  } else if (!isImageAddress(url.text())) {
    throw new Refusal(400, `Invalid '${url.at}'. Expected a valid URL or base64 data of a supported image.`, {
      code: 'invalid_value',
      param: url.at,
    })
  }
}

function checkFile(part: Field): void {
  const data = part.get('file_data')
  if (data.isAbsent && part.get('file_url').isAbsent) part.get('file_id').needed().text()
  if (data.isAbsent || /^data:[\w.+/-]+;base64,[A-Za-z0-9+/]+=*$/.test(data.text())) return
  throw data.wrong(`Invalid file data: '${data.at}'. Expected a base64-encoded data URL with a valid file MIME type.`)
}

function readCall(item: Field): Turn {
  checkId(item, 'fc')
  item.get('call_id').needed().text()
  item.get('name').needed().text()
  item.get('arguments').needed().text()
  return { ...nothing, role: 'assistant', calls: JSON.stringify(item.value) }
}

function readOutput(item: Field): Turn {
  item.get('call_id').needed().text()
  const output = item.get('output').needed()
  if (typeof output.value === 'string') return { ...nothing, role: 'tool', text: output.text() }
  const texts = readParts(output, 'tool')
  return { ...nothing, role: 'tool', text: texts.join(''), media: mediaOf(texts) }
}

/** Only thinking that the sim did itself is taken back: with its own seal, or from an answer that it kept. */
function readReasoning(item: Field, threads: Threads): undefined {
  const id = item.get('id')
  checkId(item, 'rs')
  for (const part of item.get('summary').needed().items()) part.get('text').needed().text()
  const sealed = item.get('encrypted_content')
  if (!sealed.isAbsent && reveal(maker, sealed.text()) === undefined) {
    throw new Refusal(
      400,
      `The encrypted content for item ${id.text()} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
      { code: 'invalid_encrypted_content', param: sealed.at },
    )
  }
  if (sealed.isAbsent && keptItem(id.needed().text(), threads) === undefined) throw notKept(item, id.text())
}

function checkFollowed({ field, type }: Item, next: Item | undefined): void {
  const isFollowed = next !== undefined && (next.turn === undefined || next.turn.role === 'assistant')
  if (type !== 'reasoning' || isFollowed) return
  throw field.words.wrong(
    'input',
    `Item '${field.get('id').text()}' of type 'reasoning' was provided without its required following item.`,
  )
}

function checkReasoned({ field, type }: Item, before: Item | undefined): void {
  if (type !== 'function_call' || before?.type === 'reasoning' || before?.type === 'function_call') return
  throw field.words.wrong(
    'input',
    `Item '${field.get('id').text()}' of type 'function_call' was provided without its required 'reasoning' item.`,
  )
}

/** Each call has its output and each output its call. */
function checkPairs(items: readonly Item[], input: Field): void {
  const idsOf = (type: string) =>
    items.filter(item => item.type === type).map(({ field }) => field.get('call_id').text())
  const called = new Set(idsOf('function_call'))
  const answered = new Set(idsOf('function_call_output'))
  for (const id of answered) {
    if (!called.has(id))
      throw input.words.wrong('input', `No tool call found for function call output with call_id ${id}.`)
  }
  for (const id of called) {
    if (!answered.has(id)) throw input.words.wrong('input', `No tool output found for function call ${id}.`)
  }
}
