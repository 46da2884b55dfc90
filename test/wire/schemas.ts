import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Ajv from 'ajv/dist/2020.js'

/**
 * What is wrong with a JSON value by a published schema, by the schema's name. The documents lie beside the repository;
 * undefined without them.
 */
export type Judge = (name: string, value: unknown) => readonly string[]

// biome-ignore lint/suspicious/noExplicitAny: a schema may be of any shape.
type Loose = any

/** A place where a document is wrong, and what is right. */
type Correction = { readonly why: string; readonly of: string; readonly set: (schema: Loose) => void }

const openaiCorrections: readonly Correction[] = [
  {
    why: 'Every reply of OpenAI that is recorded tells a user that was not named as null.',
    of: 'ModelResponseProperties',
    set: ({ properties }) => {
      properties.user.type = ['string', 'null']
    },
  },
  {
    why: 'A reply that has not ended, or of which nobody counted the tokens, tells its usage as null: recorded with OpenAI.',
    of: 'Response',
    set: ({ allOf: [, , own] }) => {
      own.properties.usage = { anyOf: [own.properties.usage, { type: 'null' }] }
    },
  },
  {
    why: 'Custom tools are in the description of whole replies, and of a stream only functions are.',
    of: 'ChatCompletionMessageToolCallChunk',
    set: ({ properties }) => {
      properties.type.enum.push('custom')
    },
  },
]

/** Of requests only. */
const requestCorrections: readonly Correction[] = [
  {
    why: 'How closely a picture is looked at has a default, says its own description; recorded requests leave it out.',
    of: 'InputImageContent',
    set: schema => {
      schema.required = ['type']
    },
  },
  {
    why: 'Sounds are described, and in the description of messages, but not in the list of what these may hold.',
    of: 'InputContent',
    set: ({ anyOf }) => {
      anyOf.push({ $ref: '#/components/schemas/InputAudio' })
    },
  },
  {
    why: "The model's earlier words are taken with a role alone: recorded with Azure and xAI.",
    of: 'EasyInputMessage',
    set: ({ properties }) => {
      const text = { type: 'object', required: ['type', 'text'], properties: { type: { const: 'output_text' } } }
      properties.content.anyOf.push({ type: 'array', items: text })
    },
  },
]

const folder = join(import.meta.dir, '../../../shared/specs')

/** OpenAI's chats and Responses. */
export const openaiSchema = (): Judge | undefined => judge('openai-openapi.yaml', readOpenai, openaiCorrections)

export const openaiRequestSchema = (): Judge | undefined =>
  judge('openai-openapi.yaml', text => loosened(readOpenai(text)), requestCorrections)

const readOpenai = (text: string): Loose => withNulls(Bun.YAML.parse(text))

/** Anthropic's messages. */
export const anthropicSchema = (): Judge | undefined => judge('anthropic-openapi.yml', JSON.parse)

/** openresponses.org: what of the Responses API is everybody's. */
export const openResponsesSchema = (): Judge | undefined => judge('openresponses-openapi.json', JSON.parse)

function judge(
  file: string,
  read: (text: string) => Loose,
  corrections: readonly Correction[] = [],
): Judge | undefined {
  const path = join(folder, file)
  if (!existsSync(path)) return undefined
  const { components } = read(readFileSync(path, 'utf8'))
  for (const { of, set } of corrections) set(components.schemas[of])
  const ajv = new Ajv({ strict: false, validateFormats: false, discriminator: false })
  ajv.addSchema({ $id: 'spec', components })
  return (name, value) => {
    const validate = ajv.getSchema(`spec#/components/schemas/${name}`)
    if (!validate) throw new Error(`${file} has no ${name}.`)
    return validate(value) ? [] : (validate.errors ?? []).map(error => `${name}${error.instancePath} ${error.message}`)
  }
}

/** What is one of several things may be several of them: the kinds of messages and items that can be sent overlap. */
function loosened(schema: Loose): Loose {
  if (Array.isArray(schema)) return schema.map(loosened)
  if (typeof schema !== 'object' || schema === null) return schema
  const { oneOf, ...rest } = Object.fromEntries(Object.entries(schema).map(([key, each]) => [key, loosened(each)]))
  return oneOf === undefined ? rest : { ...rest, anyOf: oneOf }
}

/** OpenAPI 3.0's way to allow null, which OpenAI's document still has in places, in JSON Schema's. */
function withNulls(schema: Loose): Loose {
  if (Array.isArray(schema)) return schema.map(withNulls)
  if (typeof schema !== 'object' || schema === null) return schema
  const { nullable, ...rest } = Object.fromEntries(Object.entries(schema).map(([key, each]) => [key, withNulls(each)]))
  return nullable === true ? { anyOf: [rest, { type: 'null' }] } : rest
}
