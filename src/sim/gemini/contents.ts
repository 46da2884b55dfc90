/** Reads the contents: their parts, and whether calls and answers belong together. */

import type { Field } from '../field.ts'
import { imageFormatOf, isBase64 } from '../image.ts'
import type { Json } from '../json.ts'
import { mediaTokens, type Turn } from '../prompt.ts'
import { Refusal } from '../refusal.ts'
import { canonical, conceal, reveal } from '../seal.ts'

const maker = 'gemini'

/** What a call's signature vouches for. */
const callText = (name: string, args: Json | undefined): string => `call ${name} ${canonical(args ?? {})}`

export const signThought = (thought: string): string => conceal(maker, `thought ${thought}`)
export const signCall = (name: string, args: Json | undefined): string => conceal(maker, callText(name, args))

/** What Google lets a caller write who has a call that is not the model's. */
const pardoned = new Set(['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'])

type Part = {
  readonly field: Field
  readonly type: string
  readonly text: string
  readonly media: number
}

type Content = { readonly field: Field; readonly role: string; readonly parts: readonly Part[] }

const data = [
  ...['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse', 'executableCode', 'codeExecutionResult'],
  ...['toolCall', 'toolResponse'],
]
const beside = ['thought', 'thoughtSignature', 'videoMetadata', 'partMetadata', 'mediaResolution']
const knownParts = new Set([...data, ...beside])
const knownContent = new Set(['role', 'parts'])

export type History = { readonly turns: readonly Turn[]; readonly answered: boolean }

export function readContents(list: Field, signed: boolean): History {
  const contents = list.needed().items().map(readContent)
  if (contents.length === 0) throw list.wrong('contents is not specified')
  contents.forEach((content, i) => {
    checkAnswers(content, contents[i - 1], contents[i + 1])
    checkSignatures(content, signed)
  })
  const turns = contents.map(turnOf)
  return { turns, answered: turns.at(-1)?.role === 'tool' }
}

/** Of the system: text alone. */
export function readInstruction(content: Field): readonly Turn[] {
  if (content.isAbsent) return []
  return [{ ...turnOf(readContent(content)), role: 'system' }]
}

export function readContent(field: Field): Content {
  const role = field.only(knownContent).get('role')
  if (!role.isAbsent && !['user', 'model', 'function', 'system', ''].includes(role.text()))
    throw new Refusal(400, 'Please use a valid role: user, model.', { param: role.at })
  const parts = field.get('parts').items().map(readPart)
  if (parts.length === 0) throw field.get('parts').wrong('contents.parts must not be empty.')
  return { field, role: role.text(), parts }
}

function readPart(field: Field): Part {
  const held = data.filter(name => !field.only(knownParts).get(name).isAbsent)
  const [type] = held
  if (type === undefined || held.length > 1) {
    const much = type === undefined ? 'must have one initialized field' : 'must have no more than one'
    throw field.words.wrong(`${field.at}.data`, `required oneof field 'data' ${much}`)
  }
  field.get('thought').flag()
  field.get('thoughtSignature').text()
  return { field, type, text: '', media: 0, ...readers[type]?.(field.get(type)) }
}

const readers: Readonly<Record<string, (held: Field) => { readonly text?: string; readonly media?: number }>> = {
  text: text => ({ text: text.text() }),
  inlineData: readInline,
  fileData(file) {
    file.get('fileUri').needed().text()
    return { media: mediaTokens }
  },
  functionCall(call) {
    call.get('name').needed().text()
    if (!call.get('args').isAbsent) call.get('args').object()
    return {}
  },
  functionResponse(response) {
    response.get('name').needed().text()
    return { text: JSON.stringify(response.get('response').needed().object()) }
  },
}

function readInline(blob: Field) {
  const type = blob.get('mimeType').needed().text()
  const bytes = blob.get('data').needed()
  if (!isBase64(bytes.text()))
    throw bytes.words.wrongType(bytes.at, 'TYPE_BYTES', `Base64 decoding failed for "${bytes.text().slice(0, 40)}"`)
  if (type.startsWith('image/') && imageFormatOf(bytes.text()) === undefined)
    throw new Refusal(400, `Unable to process input image at '${bytes.at}'.`, { param: bytes.at })
  return { media: mediaTokens }
}

const ofType = ({ parts }: Content, type: string): readonly Part[] => parts.filter(part => part.type === type)

const stray = (field: Field, sentence: string): Refusal => new Refusal(400, sentence, { param: field.at })

/** As many answers as calls, in the content right after, and to what was called. */
function checkAnswers(content: Content, before: Content | undefined, after: Content | undefined): void {
  const calls = ofType(content, 'functionCall')
  const answers = after === undefined ? undefined : ofType(after, 'functionResponse')
  if (calls.length > 0 && answers !== undefined && answers.length !== calls.length) {
    throw stray(
      (after ?? content).field,
      'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
    )
  }
  const called = before === undefined ? [] : ofType(before, 'functionCall')
  for (const { field } of ofType(content, 'functionResponse')) checkAnswer(field.get('functionResponse'), called)
}

function checkAnswer(response: Field, called: readonly Part[]): void {
  if (called.length === 0)
    throw stray(response, 'Please ensure that function response turn comes immediately after a function call turn.')
  const fits = called.some(({ field }) => {
    const call = field.get('functionCall')
    const sameId =
      response.get('id').isAbsent || call.get('id').isAbsent || response.get('id').value === call.get('id').value
    return sameId && call.get('name').value === response.get('name').value
  })
  if (!fits)
    throw stray(
      response,
      `Function response '${response.get('name').text()}' at '${response.at}' answers no function call.`,
    )
}

function checkSignatures({ parts }: Content, signed: boolean): void {
  const first = parts.find(({ type }) => type === 'functionCall')
  for (const { field, type } of parts) {
    const signature = field.get('thoughtSignature')
    const call = type === 'functionCall' ? field.get('functionCall') : undefined
    if (signature.isAbsent && signed && field === first?.field)
      throw stray(
        field,
        `Function call is missing a thought_signature in functionCall parts. Additional data, function call \`${call?.get('name').text()}\`, position ${field.at}.`,
      )
    if (!signature.isAbsent && !isOurs(signature.text(), call))
      throw stray(signature, `Thought signature is not valid: '${signature.at}'.`)
  }
}

function isOurs(signature: string, call: Field | undefined): boolean {
  if (pardoned.has(signature) || pardoned.has(Buffer.from(signature, 'base64').toString())) return true
  const said = reveal(maker, signature)
  if (call === undefined) return said !== undefined
  return said === callText(call.get('name').text(), call.get('args').value)
}

function turnOf({ role, parts }: Content): Turn {
  const calls = parts.filter(({ type }) => type === 'functionCall').map(({ field }) => field.get('functionCall').value)
  const isAnswer = parts.every(({ type }) => type === 'functionResponse')
  const said = parts.filter(({ field }) => field.get('thought').value !== true)
  return {
    role: isAnswer ? 'tool' : role === '' ? 'user' : role,
    text: said.map(({ text }) => text).join(''),
    media: parts.reduce((sum, { media }) => sum + media, 0),
    calls: calls.length === 0 ? '' : JSON.stringify(calls),
  }
}
