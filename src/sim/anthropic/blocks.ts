/** Reads what stands in a message: each kind of block, and what it must have. */

import type { Field } from '../field.ts'
import { imageFormatOf, imageTypes, isBase64 } from '../image.ts'
import { isList } from '../json.ts'
import { mediaTokens } from '../prompt.ts'
import { isSigned, reveal } from '../seal.ts'

/** What a block comes to. */
export type Part = { readonly type: string; readonly field: Field; readonly text: string; readonly media: number }

export const maker = 'anthropic'

type Reader = (block: Field) => { readonly text?: string; readonly media?: number }

const cached = ['type', 'cache_control']

/** What each block may hold, and how it is read. */
const readers: Readonly<Record<string, { readonly has: readonly string[]; readonly read: Reader }>> = {
  text: { has: [...cached, 'text', 'citations'], read: block => ({ text: filled(block.get('text')) }) },
  image: { has: [...cached, 'source'], read: block => readImage(block.get('source').needed()) },
  document: {
    has: [...cached, 'source', 'citations', 'context', 'title'],
    read: block => readDocument(block.get('source').needed()),
  },
  search_result: {
    has: [...cached, 'content', 'source', 'title', 'citations'],
    read: block => ({ text: textsIn(block.get('content').needed()) }),
  },
  tool_use: { has: [...cached, 'id', 'name', 'input', 'caller'], read: readToolUse },
  tool_result: { has: [...cached, 'tool_use_id', 'content', 'is_error'], read: readToolResult },
  thinking: { has: ['type', 'thinking', 'signature'], read: readThinking },
  redacted_thinking: { has: ['type', 'data'], read: readRedacted },
}

/** Of tools that the provider runs itself: nothing in them is looked at. */
const foreign = /^(server_tool_use|mcp_tool_use|container_upload|[a-z_]+_tool_result)$/

function readBlock(block: Field): Part {
  const type = block.get('type').needed().text()
  const reader = Object.hasOwn(readers, type) ? readers[type] : undefined
  if (reader === undefined && foreign.test(type)) return { type, field: block, text: '', media: 0 }
  if (reader === undefined) throw unknownTag(block, type)
  const { text = '', media = 0 } = reader.read(block.only(new Set(reader.has)))
  return { type, field: block, text, media }
}

const unknownTag = (block: Field, type: string) =>
  block.wrong(
    `Input tag '${type}' found using 'type' does not match any of the expected tags: ${Object.keys(readers)
      .map(each => `'${each}'`)
      .join(', ')}`,
  )

/** A string, or a list of blocks. */
export function readContent(content: Field): readonly Part[] {
  if (typeof content.needed().value === 'string')
    return [{ type: 'text', field: content, text: content.text(), media: 0 }]
  if (!isList(content.value)) throw content.wrongType('a valid string or list')
  return content.items().map(readBlock)
}

const textsIn = (content: Field): string =>
  readContent(content)
    .map(({ text }) => text)
    .join('')

function filled(text: Field): string {
  if (text.needed().text() === '') throw text.wrong('text content blocks must be non-empty')
  return text.text()
}

function readImage(source: Field) {
  if (source.get('type').needed().among(['base64', 'url', 'file']) === 'base64') readImageData(source)
  else if (source.get('type').value === 'url') source.get('url').needed().text()
  else source.get('file_id').needed().text()
  return { media: mediaTokens }
}

function readImageData(source: Field): void {
  const type = source.get('media_type').needed().among(imageTypes)
  const data = source.get('data')
  const format = imageFormatOf(data.needed().text())
  if (!isBase64(data.text())) throw data.wrong('invalid base64 data')
  if (format === undefined) throw data.wrong('Could not process image')
  if (type !== `image/${format}`)
    throw data.wrong(`Image does not match the provided media type ${type}: it is image/${format}`)
}

function readDocument(source: Field) {
  switch (source.get('type').needed().among(['base64', 'text', 'url', 'content', 'file'])) {
    case 'base64':
      source.get('media_type').needed().among(['application/pdf'])
      if (!source.get('data').needed().text().startsWith('JVBERi')) {
        throw source.get('data').wrong('The PDF specified was not valid.')
      }
      return { media: mediaTokens }
    case 'text':
      source.get('media_type').needed().among(['text/plain'])
      return { text: source.get('data').needed().text() }
    case 'content':
      return { text: textsIn(source.get('content')) }
    case 'url':
      source.get('url').needed().text()
      return { media: mediaTokens }
    case 'file':
      source.get('file_id').needed().text()
      return { media: mediaTokens }
  }
}

function readToolUse(block: Field) {
  const id = block.get('id')
  if (!/^[a-zA-Z0-9_-]+$/.test(id.needed().text())) throw id.wrong("String should match pattern '^[a-zA-Z0-9_-]+$'")
  checkToolName(block.get('name'))
  block.get('input').needed().object()
  return {}
}

export function checkToolName(name: Field): void {
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name.needed().text()))
    throw name.wrong("String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
}

function readToolResult(block: Field) {
  block.get('tool_use_id').needed().text()
  block.get('is_error').flag()
  const content = block.get('content')
  if (content.isAbsent) return {}
  const parts = readContent(content)
  return { text: parts.map(({ text }) => text).join(''), media: parts.reduce((sum, { media }) => sum + media, 0) }
}

/** Only thinking that the sim did itself is taken back. */
function readThinking(block: Field) {
  const thinking = block.get('thinking').needed().text()
  const signature = block.get('signature').needed().text()
  if (isSigned(maker, thinking, signature)) return {}
  if (thinking === '' && reveal(maker, signature) !== undefined) return {}
  throw block.wrong('Invalid `signature` in `thinking` block')
}

function readRedacted(block: Field) {
  if (reveal(maker, block.get('data').needed().text()) !== undefined) return {}
  throw block.wrong('Invalid `data` in `redacted_thinking` block')
}
