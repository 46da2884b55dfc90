/** Reads the blocks of a message: each is a union of one member. */

import type { Field } from '../field.ts'
import { imageFormatOf, imageFormats, isBase64 } from '../image.ts'
import { mediaTokens } from '../prompt.ts'
import { isSigned, reveal } from '../seal.ts'

export type Part = { readonly type: string; readonly field: Field; readonly text: string; readonly media: number }

export const maker = 'bedrock-converse'

type Reader = (held: Field) => { readonly text?: string; readonly media?: number }

const nothing: Reader = () => ({})

const readers: Readonly<Record<string, Reader>> = {
  text: readText,
  image: readImage,
  document: readDocument,
  video: () => ({ media: mediaTokens }),
  audio: () => ({ media: mediaTokens }),
  toolUse: readToolUse,
  toolResult: readToolResult,
  reasoningContent: readReasoning,
  cachePoint(point) {
    point.get('type').needed().among(['default'])
    return {}
  },
  guardContent: nothing,
  citationsContent: nothing,
  searchResult: nothing,
}

export function readBlock(block: Field): Part {
  const [type, ...others] = Object.keys(readers).filter(name => !block.get(name).isAbsent)
  if (type === undefined || others.length > 0)
    throw block.wrong(
      `The content field must have exactly one of: ${Object.keys(readers).join(', ')}. ContentBlock object is invalid.`,
    )
  return { type, field: block.get(type), text: '', media: 0, ...readers[type]?.(block.get(type)) }
}

/** In this message the way is counted from 0: so is it at Amazon, where the model complains and not the service. */
export const inModel = ({ way }: Field): string => way.join('.')

function readText(text: Field) {
  if (text.text().trim() === '')
    throw text.wrong(
      `The text field in the ContentBlock object at ${inModel(text).replace(/\.text$/, '')} is blank. Add text to the text field, and try again.`,
    )
  return { text: text.text() }
}

function readImage(image: Field) {
  const format = image.get('format').needed().among(imageFormats)
  const source = image.get('source').needed()
  if (!source.get('s3Location').isAbsent) return { media: mediaTokens }
  const bytes = source.get('bytes').needed()
  const found = imageFormatOf(bytesOf(bytes))
  if (found !== format) throw bytes.wrong(`Could not process image: it is ${found ?? 'none'}, not ${format}`)
  return { media: mediaTokens }
}

function bytesOf(bytes: Field): string {
  if (isBase64(bytes.needed().text())) return bytes.text()
  throw bytes.words.wrongType(bytes.at, 'base64', bytes.value)
}

const formats = ['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md']

function readDocument(document: Field) {
  if (!document.get('format').isAbsent) document.get('format').among(formats)
  const name = document.get('name')
  if (!/^[a-zA-Z0-9\s\-()[\]]{1,200}$/.test(name.needed().text()))
    throw name.wrong(
      'The document file name can only contain alphanumeric characters, whitespace, hyphens, parentheses, and square brackets.',
    )
  const source = document.get('source').needed()
  if (!source.get('bytes').isAbsent) bytesOf(source.get('bytes'))
  return { media: mediaTokens }
}

export function checkToolName(name: Field): void {
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name.needed().text()))
    throw name.wrong(
      `Value '${name.text()}' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`,
    )
}

function checkId(id: Field): void {
  if (!/^[a-zA-Z0-9_.:-]{1,64}$/.test(id.needed().text()))
    throw id.wrong(
      `Value '${id.text()}' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+`,
    )
}

function readToolUse(use: Field) {
  checkId(use.get('toolUseId'))
  checkToolName(use.get('name'))
  use.get('input').needed().object()
  return {}
}

function readToolResult(result: Field) {
  checkId(result.get('toolUseId'))
  if (!result.get('status').isAbsent) result.get('status').among(['success', 'error'])
  const parts = result.get('content').needed().items().map(readResultPart)
  return {
    text: parts.map(({ text = '' }) => text).join(''),
    media: parts.reduce((sum, { media = 0 }) => sum + media, 0),
  }
}

function readResultPart(part: Field): ReturnType<Reader> {
  if (!part.get('text').isAbsent) return { text: part.get('text').text() }
  if (!part.get('json').isAbsent) return { text: JSON.stringify(part.get('json').value) }
  return readBlock(part)
}

/** Only thinking that the sim did itself is taken back. */
function readReasoning(content: Field) {
  const spoken = content.get('reasoningText')
  if (spoken.isAbsent) {
    const redacted = content.get('redactedContent').needed()
    if (reveal(maker, Buffer.from(redacted.text(), 'base64').toString()) !== undefined) return {}
    throw redacted.words.wrong(inModel(content), 'Invalid `data` in `redacted_thinking` block')
  }
  const signature = spoken.get('signature')
  if (!isSigned(maker, spoken.get('text').needed().text(), signature.needed().text()))
    throw signature.words.wrong(inModel(content), 'Invalid `signature` in `thinking` block')
  return {}
}
