/** Reads a request to generate content, and refuses what Google refuses. */

import { checkSchema } from '../check-schema.ts'
import { readEffort } from '../efforts.ts'
import { Field } from '../field.ts'
import type { JsonObject } from '../json.ts'
import { longest } from '../models.ts'
import { anyObject, promptOf } from '../prompt.ts'
import { Refusal } from '../refusal.ts'
import { type Ask, type Choice, type Format, type Prompt, plainAsk, type Thinking, type Tool } from '../script.ts'
import { camel } from './camel.ts'
import { readContents, readInstruction } from './contents.ts'
import { checkGoogleSchema, jsonSchema } from './schema.ts'
import { words } from './words.ts'

const known = new Set([
  ...['cachedContent', 'contents', 'generationConfig', 'model', 'safetySettings', 'serviceTier', 'store'],
  ...['systemInstruction', 'toolConfig', 'tools', 'labels'],
])

const configs = new Set([
  ...['candidateCount', 'enableAffectiveDialog', 'enableEnhancedCivicAnswers', 'frequencyPenalty', 'imageConfig'],
  ...['logprobs', 'maxOutputTokens', 'mediaResolution', 'presencePenalty', 'responseFormat', 'responseJsonSchema'],
  ...['responseLogprobs', 'responseMimeType', 'responseModalities', 'responseSchema', 'seed', 'speechConfig'],
  ...['stopSequences', 'temperature', 'thinkingConfig', 'topK', 'topP', 'translationConfig', '_responseJsonSchema'],
])

type Wishes = { readonly think: boolean; readonly signed: boolean }

export const fieldOf = (json: JsonObject): Field => new Field(words, camel(json))

/** The prompt alone: as contents, or as the request that would be made. */
export function readCounted(json: JsonObject): Prompt {
  const body = fieldOf(json)
  const request = body.get('generateContentRequest')
  return readPrompt(request.isAbsent ? body : request, false).prompt
}

export function readAsk(json: JsonObject, wishes: Wishes): Ask {
  const body = fieldOf(json).only(known)
  if (!body.get('cachedContent').isAbsent) throw new Refusal(403, 'CachedContent not found (or permission denied)')
  const config = body.get('generationConfig')
  const settings = config.isAbsent ? new Field(words, {}, config.way) : config.only(configs)
  const tools = readTools(body.get('tools'))
  const { prompt, answered } = readPrompt(body, wishes.signed)
  return {
    ...plainAsk,
    ...readSampling(settings),
    prompts: [prompt],
    tools,
    choice: readChoice(body.get('toolConfig'), tools),
    answered,
    format: readFormat(settings),
    thinking: readThinking(settings.get('thinkingConfig'), wishes.think),
  }
}

function readPrompt(body: Field, signed: boolean) {
  const { turns, answered } = readContents(body.get('contents'), signed)
  const system = readInstruction(body.get('systemInstruction'))
  return { prompt: promptOf([...system, ...turns], body.get('tools').value), answered }
}

function readSampling(settings: Field) {
  settings.get('temperature').decimal({ min: 0, max: 2 })
  settings.get('topP').decimal({ min: 0, max: 1 })
  settings.get('topK').decimal({ min: 1, max: 1_000_000 })
  return {
    copies: settings.get('candidateCount').integer({ min: 1, max: 8 }) ?? 1,
    limit: settings.get('maxOutputTokens').integer({ min: 1, max: longest }),
    stops: settings
      .get('stopSequences')
      .items(5)
      .map(each => each.needed().text())
      .filter(each => each !== ''),
    seed: settings.get('seed').integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) ?? 0,
  }
}

const mostTools = 128

/** Those that Google runs itself are looked past. */
function readTools(list: Field): readonly Tool[] {
  const declared = list.items().flatMap(tool => tool.get('functionDeclarations').items())
  if (declared.length > mostTools) throw list.words.tooLong(list.at, declared.length, mostTools)
  const tools = declared.map(readDeclaration)
  const twice = tools.find(({ name }, i) => tools.findIndex(each => each.name === name) !== i)
  if (twice !== undefined) throw list.wrong(`Duplicate function declaration found: ${twice.name}`)
  return tools
}

function readDeclaration(declaration: Field): Tool {
  const name = declaration.get('name')
  if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/.test(name.needed().text())) {
    throw name.wrong(
      'Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:) or dashes (-), with a maximum length of 64.',
    )
  }
  const own = declaration.get('parameters')
  const json = declaration.get('parametersJsonSchema')
  if (!own.isAbsent && !json.isAbsent) throw json.wrong('parameters and parametersJsonSchema are mutually exclusive')
  if (!own.isAbsent) checkGoogleSchema(own)
  if (!json.isAbsent) checkSchema(json)
  const schema = own.isAbsent ? (json.value ?? { type: 'object', properties: {} }) : jsonSchema(own.value ?? {})
  return { name: name.text(), schema }
}

const modes = ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'] as const

function readChoice(config: Field, tools: readonly Tool[]): Choice {
  const calling = config.isAbsent ? config : config.get('functionCallingConfig')
  if (calling.isAbsent) return { type: 'auto' }
  const mode = calling.get('mode').isAbsent ? 'AUTO' : calling.get('mode').among(modes)
  const allowed = calling.get('allowedFunctionNames')
  const names = allowed.items().map(each => each.needed().text())
  const missing = names.find(name => !tools.some(each => each.name === name))
  if (missing !== undefined) throw allowed.wrong(`'${missing}' is not a declared function`)
  if (names.length > 0 && mode !== 'ANY' && mode !== 'VALIDATED')
    throw allowed.wrong('should only be set when the function calling mode is ANY or VALIDATED')
  if (mode === 'NONE') return { type: 'none' }
  if (mode !== 'ANY') return { type: 'auto' }
  if (tools.length === 0) throw calling.wrong('Function calling config is set without function_declarations.')
  return names.length === 0 ? { type: 'required' } : { type: 'required', names }
}

const levels = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'minimal', 'low', 'medium', 'high']

function readThinking(config: Field, think: boolean): Thinking {
  if (config.isAbsent) return { tokens: think ? 64 : 0, shown: think ? 'text' : 'not', secret: false }
  const budget = config.get('thinkingBudget').integer({ min: -1, max: longest })
  const level = readEffort(config.get('thinkingLevel'), levels)
  if (budget !== undefined && level !== undefined)
    throw config.wrong('You can only set only one of thinking budget and thinking level.')
  const shown = config.get('includeThoughts').flag() || think
  const tokens = level ?? (budget === 0 ? 0 : 64)
  return { tokens, shown: shown ? 'text' : 'not', secret: false }
}

function readFormat(settings: Field): Format {
  const type = settings.get('responseMimeType').isAbsent ? 'text/plain' : settings.get('responseMimeType').text()
  const own = settings.get('responseSchema')
  const json = [settings.get('responseJsonSchema'), settings.get('_responseJsonSchema')].find(each => !each.isAbsent)
  if (!own.isAbsent) checkGoogleSchema(own)
  if (json !== undefined) checkSchema(json)
  if (type === 'text/plain') {
    if (own.isAbsent && json === undefined) return { type: 'text' }
    throw settings.get('responseMimeType').wrong('must be application/json where a response schema is given')
  }
  settings.get('responseMimeType').among(['application/json', 'text/x.enum'])
  return { type: 'json', schema: json?.value ?? (own.isAbsent ? anyObject : jsonSchema(own.value ?? anyObject)) }
}
