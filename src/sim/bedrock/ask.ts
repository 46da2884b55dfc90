/** Reads a request to converse, and refuses what Bedrock refuses. */

import { checkSchema } from '../check-schema.ts'
import { Field } from '../field.ts'
import type { JsonObject } from '../json.ts'
import { longest } from '../models.ts'
import { promptOf, type Turn } from '../prompt.ts'
import { type Ask, type Choice, type Format, type Prompt, plainAsk, type Thinking, type Tool } from '../script.ts'
import { checkToolName, readBlock } from './blocks.ts'
import { readHistory } from './history.ts'
import { words } from './words.ts'

type Wishes = { readonly think: boolean; readonly secret: boolean; readonly signed: boolean }

/** The prompt alone, of the request that would be made. */
export const readCounted = (json: JsonObject): Prompt =>
  readPrompt(new Field(words, json).get('input').needed().get('converse').needed(), false).prompt

export function readAsk(json: JsonObject, wishes: Wishes): Ask {
  const body = new Field(words, json)
  const config = body.get('toolConfig')
  const tools = config.isAbsent ? [] : readTools(config.get('tools'))
  const { prompt, answered } = readPrompt(body, wishes.signed)
  return {
    ...plainAsk,
    ...readSampling(body.get('inferenceConfig')),
    prompts: [prompt],
    tools,
    choice: config.isAbsent ? { type: 'auto' } : readChoice(config.get('toolChoice'), tools),
    answered,
    format: readFormat(body.get('outputConfig')),
    thinking: readThinking(body.get('additionalModelRequestFields'), wishes),
    cache: JSON.stringify(json).includes('"cachePoint":{') ? 'marked' : 'none',
  }
}

function readPrompt(body: Field, signed: boolean) {
  const { turns, answered, usesTools } = readHistory(body.get('messages'), signed)
  const config = body.get('toolConfig')
  if (usesTools && config.isAbsent)
    throw config.wrong('The toolConfig field must be defined when using toolUse and toolResult content blocks.')
  const offered = config.isAbsent ? undefined : config.get('tools').value
  return { prompt: promptOf([...readSystem(body.get('system')), ...turns], offered), answered }
}

function readSystem(list: Field): readonly Turn[] {
  const parts = list.items().map(readBlock)
  const stray = parts.find(({ type }) => !['text', 'cachePoint', 'guardContent'].includes(type))
  if (stray !== undefined) throw stray.field.wrong('A system prompt may be text alone')
  return parts.length === 0
    ? []
    : [{ role: 'system', text: parts.map(({ text }) => text).join(''), media: 0, calls: '' }]
}

function readSampling(config: Field): Pick<Ask, 'limit' | 'stops'> {
  if (config.isAbsent) return { limit: undefined, stops: [] }
  config.get('temperature').decimal({ min: 0, max: 1 })
  config.get('topP').decimal({ min: 0, max: 1 })
  return {
    limit: config.get('maxTokens').integer({ min: 1, max: longest }),
    stops: config
      .get('stopSequences')
      .items(2500)
      .map(stop => {
        if (stop.needed().text() === '') throw stop.wrong('Member must have length greater than or equal to 1')
        return stop.text()
      }),
  }
}

const mostTools = 1000

function readTools(list: Field): readonly Tool[] {
  const tools = list.needed().items(mostTools)
  if (tools.length === 0) throw list.wrong('Member must have length greater than or equal to 1')
  return tools.flatMap(readTool)
}

/** Those that Amazon runs itself and the marks of the cache are looked past. */
function readTool(tool: Field): readonly Tool[] {
  const spec = tool.get('toolSpec')
  if (spec.isAbsent && (!tool.get('cachePoint').isAbsent || !tool.get('systemTool').isAbsent)) return []
  checkToolName(spec.needed().get('name'))
  const description = spec.get('description')
  if (!description.isAbsent && description.text() === '')
    throw description.wrong('Member must have length greater than or equal to 1')
  const schema = spec.get('inputSchema').needed().get('json')
  schema.needed().get('type').needed().among(['object'])
  checkSchema(schema)
  return [{ name: spec.get('name').text(), schema: schema.object() }]
}

function readChoice(choice: Field, tools: readonly Tool[]): Choice {
  if (choice.isAbsent) return { type: 'auto' }
  if (!choice.get('any').isAbsent) return { type: 'required' }
  if (!choice.get('auto').isAbsent) return { type: 'auto' }
  const name = choice.get('tool').needed().get('name').needed().text()
  if (tools.some(each => each.name === name)) return { type: 'named', name }
  throw choice.wrong(`The tool '${name}' is not among the tools of toolConfig.`)
}

/** As Claude is asked for it: Bedrock itself has no word for thinking. */
function readThinking(fields: Field, { think, secret }: Wishes): Thinking {
  const wish = fields.isAbsent ? fields : fields.get('thinking')
  const asked = !wish.isAbsent && wish.get('type').needed().text() !== 'disabled'
  if (asked && wish.get('type').text() === 'enabled')
    wish.get('budget_tokens').needed().integer({ min: 1024, max: longest })
  const thinks = asked || think
  return { tokens: thinks ? 64 : 0, shown: thinks ? 'text' : 'not', secret }
}

/** The schema is JSON in a string here. */
function readFormat(config: Field): Format {
  if (config.isAbsent || config.get('textFormat').isAbsent) return { type: 'text' }
  const format = config.get('textFormat')
  format.get('type').needed().among(['json_schema'])
  const text = format.get('structure').needed().get('jsonSchema').needed().get('schema').needed()
  const schema = new Field(words, parsed(text), text.way)
  checkSchema(schema)
  return { type: 'json', schema: schema.value ?? {} }
}

function parsed(text: Field) {
  try {
    return JSON.parse(text.text())
  } catch {
    throw text.wrong('The JSON schema is not valid JSON.')
  }
}
