import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ApiError, type Content, FunctionCallingConfigMode, GoogleGenAI } from '@google/genai'
import { type Sim, startSim } from '../sim.ts'

let sim: Sim
let client: GoogleGenAI
beforeAll(() => {
  sim = startSim()
  client = new GoogleGenAI({ apiKey: 'sim-key', httpOptions: { baseUrl: sim.origin } })
})
afterAll(() => sim.stop())

/** What a refusal says. Clients' promises are their own kind, which `rejects` does not know. */
const refusalOf = (asked: PromiseLike<unknown>): PromiseLike<string> =>
  asked.then(
    () => 'answered',
    (error: unknown) => String(error),
  )

const question: Content = { role: 'user', parts: [{ text: 'How are you?' }] }
const tools = [
  {
    functionDeclarations: [
      {
        name: 'weather',
        parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    ],
  },
]

const say = (model: string, contents: Content[] = [question], config = {}) =>
  client.models.generateContent({ model, contents, config })

async function textIn(model: string, config = {}): Promise<string> {
  const stream = await client.models.generateContentStream({ model, contents: [question], config })
  let text = ''
  for await (const chunk of stream) text += chunk.text ?? ''
  return text
}

describe('Google’s own client', () => {
  test('generates and streams', async () => {
    const { text, usageMetadata, modelVersion } = await say('echo')
    expect([text, usageMetadata?.totalTokenCount, modelVersion]).toEqual(['How are you?', 11, 'echo'])
    expect(await textIn('echo')).toBe('How are you?')
    expect(await textIn('echo+think')).toBe('How are you?')
  })

  test('fills a schema in Google’s own words', async () => {
    const responseSchema = { type: 'OBJECT', properties: { size: { type: 'INTEGER', minimum: 4 } }, required: ['size'] }
    const { text } = await say('echo', [question], { responseMimeType: 'application/json', responseSchema })
    expect(JSON.parse(text ?? '')).toEqual({ size: 4 })
  })

  test('hands a call back with its signature and its response', async () => {
    const { candidates, functionCalls } = await say('tools', [question], { tools })
    const call = functionCalls?.[0]
    const answer = candidates?.[0]?.content as Content
    expect(answer.parts?.[0]?.thoughtSignature).toBeString()
    const response = { id: call?.id ?? '', name: 'weather', response: { output: 'Rain' } }
    const answered: Content[] = [question, answer, { role: 'user', parts: [{ functionResponse: response }] }]
    expect((await say('tools+signed', answered, { tools })).text).toBe('How are you?')

    const [part] = answer.parts ?? []
    const altered = { ...answer, parts: [{ ...part, functionCall: { name: 'weather', args: { city: 'Rome' } } }] }
    const forged = answered.map(each => (each === answer ? altered : each))
    expect(await refusalOf(say('tools', forged, { tools }))).toContain('Thought signature is not valid')
    const bare = { ...answer, parts: [{ functionCall: part?.functionCall ?? {} }] }
    const unsigned = answered.map(each => (each === answer ? bare : each))
    expect((await say('tools', unsigned, { tools })).text).toBe('How are you?')
    expect(await refusalOf(say('tools+signed', unsigned, { tools }))).toContain('missing a thought_signature')
  })

  test('hands thinking back, and obeys a mode', async () => {
    const { candidates } = await say('echo', [question], { thinkingConfig: { includeThoughts: true } })
    const answer = candidates?.[0]?.content as Content
    expect(answer.parts?.map(({ thought = false }) => thought)).toEqual([true, false, false])
    expect((await say('echo', [question, answer, question])).text).toBe('How are you?')
    const toolConfig = { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } }
    expect((await say('echo', [question], { tools, toolConfig })).functionCalls).toHaveLength(1)
  })

  test('takes several candidates', async () => {
    const { candidates } = await say('lorem', [question], { candidateCount: 2, maxOutputTokens: 10 })
    expect(candidates?.map(({ index, finishReason }) => `${index} ${finishReason}`)).toEqual([
      '0 MAX_TOKENS',
      '1 MAX_TOKENS',
    ])
  })

  test('counts, embeds and lists', async () => {
    const { totalTokens } = await client.models.countTokens({ model: 'echo', contents: [question] })
    expect(totalTokens).toBe((await say('echo')).usageMetadata?.promptTokenCount ?? 0)
    const { embeddings } = await client.models.embedContent({
      model: 'embed',
      contents: ['one', 'two'],
      config: { outputDimensionality: 8 },
    })
    expect(embeddings?.map(({ values }) => values?.length)).toEqual([8, 8])
    const names: (string | undefined)[] = []
    for await (const { name } of await client.models.list()) names.push(name)
    expect(names).toContain('models/echo')
    expect((await client.models.get({ model: 'echo' })).inputTokenLimit).toBeGreaterThan(1000)
  })

  test.each([
    ['echo+429', 429],
    ['echo+500', 500],
    ['gpt-9', 404],
  ])('knows the error of %s', async (model, status) => {
    const error = await say(model).catch(cause => cause)
    expect(error).toBeInstanceOf(ApiError)
    expect(error.status).toBe(status)
  })
})

describe('without `alt=sse`', () => {
  const ask = (model: string) =>
    fetch(`${sim.origin}/v1/models/${model}:streamGenerateContent?key=sim-key`, {
      method: 'POST',
      body: JSON.stringify({ contents: [question] }),
    })

  test('a stream is one list', async () => {
    const response = await ask('echo+auth')
    expect(response.headers.get('content-type')).toStartWith('application/json')
    const chunks = (await response.json()) as { candidates: { content: { parts: { text: string }[] } }[] }[]
    expect(chunks.map(({ candidates }) => candidates[0]?.content.parts[0]?.text)).toEqual([
      'How',
      ' are',
      ' you',
      '?',
      '',
    ])
  })

  test('a stream that ends too soon is no list', async () => {
    expect(JSON.parse(`${await (await ask('echo+close=2')).text()}]`)).toHaveLength(2)
  })
})

test('what is the caller’s own keeps its names', async () => {
  const parametersJsonSchema = {
    type: 'object',
    properties: { user_name: { type: 'string' } },
    required: ['user_name'],
  }
  const own = [{ functionDeclarations: [{ name: 'greet', parametersJsonSchema }] }]
  const { candidates, functionCalls } = await say('tools', [question], { tools: own })
  expect(Object.keys(functionCalls?.[0]?.args ?? {})).toEqual(['user_name'])
  const answer = candidates?.[0]?.content as Content
  const functionResponse = { name: 'greet', response: { said_so: true } }
  const answered: Content[] = [question, answer, { role: 'user', parts: [{ functionResponse }] }]
  expect((await say('tools+signed', answered, { tools: own })).text).toBe('How are you?')
})

test('names with underscores are the same names', async () => {
  const body = {
    contents: [question],
    generation_config: { max_output_tokens: 2, stop_sequences: ['x'] },
    system_instruction: { parts: [{ text: 'Be brief.' }] },
  }
  const path = `${sim.origin}/v1beta/models/echo:generateContent`
  const response = await fetch(path, { method: 'POST', body: JSON.stringify(body) })
  expect(await response.json()).toMatchObject({ candidates: [{ content: { parts: [{ text: 'How are' }] } }] })
})
